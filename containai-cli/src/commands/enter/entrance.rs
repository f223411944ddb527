//! From a workspace to a session in its container, set-up included.

use std::path::PathBuf;

use containai_core::config::Flags;
use containai_core::engine::{Container, RunState};
use containai_core::hint::Hint;
use containai_core::lifecycle::{
    Desired, DriveError, Observed, Pin, Reached, Step, decide, drive, reach,
};
use containai_core::naming::{HomePath, WorkspacePath};
use containai_docker::DockerEngine;
use containai_ssh::Session;

use super::interrupt::until_interrupted;
use super::{Choice, Consent};
use crate::commands::setup;
use crate::commands::target::missing;
use crate::context::Context;
use crate::env::Env;
use crate::error::CliError;
use crate::passage::{Glimpse, Passage};
use crate::records::UserRecords;
use crate::ui::Ui;
use crate::wanted_image::WantedImage;
use crate::workspace::Spot;
use crate::{elsewhere, host, lock, twin};

/// The way into one workspace's container.
pub(crate) struct Entrance<'a> {
    pub(super) context: Context<'a>,
    pub(super) spot: Spot,
    pub(super) consent: Consent,
    pub(super) choice: Choice,
    /// What a new container is made of; known for good once the engine has been
    /// looked at.
    pub(super) image: WantedImage,
    flags: Flags,
}

impl<'a> Entrance<'a> {
    pub(crate) fn new(
        env: &'a Env,
        ui: &'a Ui,
        flags: Flags,
        spot: Spot,
        consent: Consent,
    ) -> anyhow::Result<Self> {
        let context = Context::new(env, ui, flags.clone(), Some(spot.path()))?;
        let image = WantedImage::plain(&context.config);
        Ok(Self { context, spot, consent, choice: Choice::default(), image, flags })
    }

    /// Makes the container as the command line chooses.
    pub(crate) fn choosing(mut self, choice: Choice) -> Self {
        self.choice = choice;
        self
    }

    /// Lets the session use the user's SSH agent.
    pub(crate) fn lending_agent(mut self) -> Self {
        if self.context.env.agent_socket.is_none() {
            self.context.ui.warn("there is no SSH agent to forward: `SSH_AUTH_SOCK` is not set");
        }
        self.context.lend_agent();
        self
    }

    /// What an import brings along besides what manifests name.
    pub(crate) fn additional_paths(&self) -> Vec<HomePath> {
        self.context.config.import_paths.value.clone()
    }

    pub(super) fn workspace(&self) -> &WorkspacePath {
        self.spot.path()
    }

    /// Reads the configuration of the workspace that it is about now.
    pub(super) fn reload(&mut self) -> anyhow::Result<()> {
        let (env, ui, flags) = (self.context.env, self.context.ui, self.flags.clone());
        let lends = self.context.remote.lends_agent();
        self.context = Context::new(env, ui, flags, Some(self.spot.path()))?;
        if lends {
            self.context.lend_agent();
        }
        Ok(())
    }

    /// Makes and starts the container as needed and finds a way into it.
    pub(super) async fn arrive(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
        glimpse: Glimpse,
    ) -> anyhow::Result<Reached<Passage>> {
        if let Some(container) = ready(observed, wanted)
            && twin::is_complete(&self.context, &container)?
            && let Some(session) = Passage::borrowed(&self.context, &container, glimpse).await?
        {
            return Ok(Reached { container, session });
        }
        let is_ready = ready(observed, wanted).is_some();
        if !is_ready {
            self.initialize()?;
        }
        if wanted.manner.outgoing.is_some() || observed.serving(self.workspace()).is_empty() {
            self.tell_of_devcontainer();
            elsewhere::tell(&self.context);
        }
        let reached = Box::pin(self.drive(engine, wanted)).await?;
        self.keep(reached).await
    }

    /// Finds a way into the container if there is one, starting it as needed.
    pub(crate) async fn enter_existing(mut self) -> anyhow::Result<Reached<Passage>> {
        let (engine, observed, glimpse) = self.prepared_to_enter().await?;
        if let Some(container) = self.running(&observed)?
            && twin::is_complete(&self.context, &container)?
            && let Some(session) = Passage::borrowed(&self.context, &container, glimpse).await?
        {
            return Ok(Reached { container, session });
        }
        // What is rarely needed takes its room when it is.
        let reached = Box::pin(self.reach(&engine, &observed)).await?;
        self.keep(reached).await
    }

    /// As [`Self::enter_existing`], by a connection of one's own.
    pub(crate) async fn connect_existing(mut self) -> anyhow::Result<Reached<Session>> {
        let (engine, observed) = self.prepared().await?;
        self.reach(&engine, &observed).await
    }

    /// As [`Self::connect_existing`], to the copy of a workspace; also tells
    /// where it is recorded.
    pub(crate) async fn connect_copy(self) -> anyhow::Result<(Reached<Session>, PathBuf)> {
        let context = self.context.clone();
        let reached = self.connect_existing().await?;
        let path = twin::record_path(&context, &reached.container).ok_or_else(|| {
            CliError::usage(
                "the container works on the workspace itself, so there is nothing to bring back",
            )
            .hint(Hint::new("name the engine of another machine with `--docker-host`"))
        })?;
        Ok((reached, path))
    }

    /// The container when it runs; `None` when it is to be started.
    fn running(&self, observed: &Observed) -> anyhow::Result<Option<Container>> {
        match observed.serving(self.workspace()).as_slice() {
            [] => Err(missing(&format!("no container serves `{}`", self.workspace())).into()),
            [container]
                if container.state == RunState::Running
                    && self.choice.name.as_ref().is_none_or(|it| it.as_ref() == container.name) =>
            {
                Ok(Some((*container).clone()))
            }
            _ => Ok(None),
        }
    }

    async fn reach(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> anyhow::Result<Reached<Session>> {
        if let Some(container) = self.running(observed)? {
            let work = reach(engine, &self.context.remote, &container, Pin::Known);
            match until_interrupted(work, self.context.ui).await {
                Ok(session) => return Ok(Reached { container, session }),
                // It is started again.
                Err(error) if may_be_closing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.drive(engine, &self.desired(engine, observed).await?).await
    }

    pub(super) async fn drive(
        &self,
        engine: &DockerEngine,
        wanted: &Desired,
    ) -> anyhow::Result<Reached<Session>> {
        let _turn = self.turn().await?;
        setup::ensure(&self.context)?;
        let records = UserRecords { env: self.context.env, ui: self.context.ui };
        let wanted = Desired { host: host::facts(), ..wanted.clone() };
        let work = drive(engine, &self.context.remote, &records, &wanted, self.context.ui);
        until_interrupted(work, self.context.ui).await
    }

    /// Has the commands that follow find it open.
    pub(super) async fn keep(&self, reached: Reached<Session>) -> anyhow::Result<Reached<Passage>> {
        let Reached { container, session } = reached;
        if self.context.client.is_some() {
            let _turn = self.turn().await?;
            twin::fill(&self.context, &container, self.workspace(), &session).await?;
        }
        let session = Passage::own(&self.context, &container, session).await;
        Ok(Reached { container, session })
    }

    /// Keeps others from working on the workspace's container.
    pub(crate) async fn turn(&self) -> anyhow::Result<std::fs::File> {
        let path = self.context.env.layout.workspace_lock(self.workspace());
        lock::hold(&path, &format!("`{}`", self.workspace()), self.context.ui).await
    }
}

fn may_be_closing(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(DriveError::may_be_closing)
}

/// The container, when nothing has to be done before it can be entered.
fn ready(observed: &Observed, wanted: &Desired) -> Option<Container> {
    let Step::Reach { id } = decide(observed, wanted) else {
        return None;
    };
    observed.containers.iter().find(|container| container.id == id).cloned()
}
