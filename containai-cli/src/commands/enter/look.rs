//! What is there, and what is wanted of it.

use containai_core::config::{IsolationChoice, Origin};
use containai_core::engine::{Container, EngineError, Isolation, Lifetime, LinkedRepository};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, Manner, Observed, observe};
use containai_core::naming::GitHead;
use containai_core::resources::HostCapacity;
use containai_docker::{DockerEngine, refuse_mounts};

use super::{Consent, Entrance, Renewal};
use crate::commands::create::{desired, local_capacity};
use crate::commands::setup;
use crate::error::CliError;
use crate::passage::{Glimpse, shared};
use crate::wanted_image::WantedImage;
use crate::{elsewhere, git, lock, regroup, worktree};

impl Entrance<'_> {
    /// The engine and what it shows, after set-up where that was needed.
    pub(super) async fn prepared(&mut self) -> anyhow::Result<(DockerEngine, Observed)> {
        match self.observed().await {
            Err(error) if self.can_be_set_up(&error) => {
                regroup::as_member(self.context.env)?;
                if self.consent == Consent::Refused {
                    return Err(error);
                }
                setup::prepare(&mut self.context, self.consent, &error)?;
                self.observed().await
            }
            outcome => outcome,
        }
    }

    /// As [`Self::prepared`], with what there is to borrow.
    pub(super) async fn prepared_to_enter(
        &mut self,
    ) -> anyhow::Result<(DockerEngine, Observed, Glimpse)> {
        let glimpse = Glimpse::of(shared(&self.context), self.occasion());
        // The glimpse first: others work on it while we talk to the engine.
        let (glimpse, (engine, observed)) =
            tokio::try_join!(async { anyhow::Ok(glimpse.await) }, self.prepared())?;
        Ok((engine, observed, glimpse))
    }

    /// What the command line says of the container.
    fn occasion(&self) -> String {
        let name = self.choice.name.as_ref().map(AsRef::as_ref).unwrap_or_default();
        format!("{} {name} {}", self.context.address, self.workspace())
    }

    /// The engine and what it shows of the workspace that is meant.
    pub(super) async fn observed(&mut self) -> anyhow::Result<(DockerEngine, Observed)> {
        let engine = self.context.engine()?;
        let observed = observe(&engine, &self.watched()).await?;
        let (engine, observed) = match self.relocate(&observed)? {
            false => (engine, observed),
            true => {
                let engine = self.context.engine()?;
                let observed = observe(&engine, &self.watched()).await?;
                (engine, observed)
            }
        };
        self.image = self.image(&observed)?;
        let engine = self.with_template_hooks(self.image.teach(engine), &observed)?;
        Ok((engine, observed))
    }

    /// What a new container would be made of. Where there is one already, what
    /// cannot be built is no reason not to enter it.
    fn image(&self, observed: &Observed) -> anyhow::Result<WantedImage> {
        if self.consent == Consent::Refused {
            return Ok(WantedImage::plain(&self.context.config));
        }
        match WantedImage::of(&self.context, self.workspace()) {
            Err(error)
                if self.outgoing(observed).is_none()
                    && self.exists(observed)
                    && !self.is_image_named() =>
            {
                self.context.ui.warn(&format!("a new container could not be made: {error}"));
                Ok(WantedImage::plain(&self.context.config))
            }
            image => image,
        }
    }

    /// Whether what a container is made of was named just now.
    fn is_image_named(&self) -> bool {
        let config = &self.context.config;
        let is_flag = |origin: &Origin| matches!(origin, Origin::Flag(_));
        is_flag(&config.template.origin) || is_flag(&config.devcontainer.origin)
    }

    fn exists(&self, observed: &Observed) -> bool {
        !observed.serving(self.workspace()).is_empty()
    }

    pub(super) fn can_be_set_up(&self, error: &anyhow::Error) -> bool {
        let is_about_reaching = matches!(
            error.downcast_ref(),
            Some(EngineError::Unreachable { .. } | EngineError::AccessDenied { .. })
        );
        is_about_reaching && self.context.is_own_engine()
    }

    /// What the user wants; the isolation matters only to a new container.
    pub(super) async fn desired(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> anyhow::Result<Desired> {
        let outgoing = self.outgoing(observed);
        let exists = outgoing.is_none() && self.exists(observed);
        let choice = self.context.config.isolation.value;
        let isolation = match &self.context.record {
            Some(record) if exists || choice.allows(record.isolation) => record.isolation,
            None if exists => Isolation::Userns,
            Some(record) => return Err(other_isolation(record.isolation, choice).into()),
            None => containai_docker::isolation::detect(engine, choice)
                .await
                .map_err(|error| elsewhere::advise(&self.context.address, error))?,
        };
        let capacity = match (&self.context.client, exists) {
            (Some(_), false) => engine.capacity().await?,
            _ => local_capacity(),
        };
        let mut wanted = self.wanted(isolation, capacity);
        if !exists && wanted.client.is_none() {
            wanted.manner.repository = self.repository();
        }
        let wanted = self.choice.apply(wanted, &self.context.config, outgoing);
        if !exists {
            // Nothing is stopped, built or planned for what cannot be made.
            refuse_mounts(&wanted.spec(observed, &wanted.name, wanted.ports.start()))?;
        }
        Ok(wanted)
    }

    pub(super) fn wanted(&self, isolation: Isolation, capacity: HostCapacity) -> Desired {
        let head = git::head(self.workspace());
        let wanted = desired(&self.context, self.workspace(), &head, isolation, capacity);
        let template = self.image.template.as_ref().map(ToString::to_string);
        Desired {
            image: self.image.image.clone(),
            template: template.unwrap_or_default(),
            manner: Manner { mounts: self.image.mounts.clone(), ..wanted.manner },
            ..wanted
        }
    }

    /// What a look at the engine has to know. It needs no name and no limits: git
    /// alone takes as long to tell the branch as all else that comes before a
    /// command.
    fn watched(&self) -> Desired {
        let (workspace, isolation) = (self.workspace(), self.recorded());
        desired(&self.context, workspace, &GitHead::NoGit, isolation, HostCapacity::default())
    }

    /// The container that will not do: one that is to be made anew, or one whose
    /// session has ended without taking it along.
    pub(super) fn outgoing<'o>(&self, observed: &'o Observed) -> Option<&'o Container> {
        let serving = observed.serving(self.workspace());
        let [container] = serving.as_slice() else { return None };
        let lock = self.context.env.layout.session_lock(self.workspace());
        let is_left = || self.choice.lifetime == Lifetime::Session || !lock::is_held(&lock);
        let is_outgoing =
            self.choice.renewal != Renewal::None || container.labels.is_ephemeral() && is_left();
        is_outgoing.then_some(*container)
    }

    /// The isolation of the engine, as far as it is known without asking.
    pub(super) fn recorded(&self) -> Isolation {
        self.context.record.as_ref().map_or(Isolation::Userns, |record| record.isolation)
    }

    /// The repository that the workspace is a worktree of. Why git will not work
    /// inside is no reason not to go there.
    fn repository(&self) -> Option<LinkedRepository> {
        match worktree::repository(self.workspace()) {
            Ok(repository) => repository,
            Err(error) => {
                self.context.ui.warn(&format!("git will not work inside: {error}"));
                None
            }
        }
    }
}

fn other_isolation(recorded: Isolation, wanted: IsolationChoice) -> CliError {
    CliError::usage(format!("this engine is set up for `{recorded}` isolation")).hint(Hint::run(
        &format!("cai setup --isolation {wanted}"),
        "change it; containers of the other isolation are then out of sight",
    ))
}
