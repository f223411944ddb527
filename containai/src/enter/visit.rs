//! A command in the container, from the way in to what is left behind.

use std::fs::File;

use containai_core::engine::{Container, Engine as _, Lifetime, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, Observed, depart};
use containai_docker::DockerEngine;
use containai_ssh::Command;

use super::lifecycle::has_lifecycle;
use super::{Entrance, Renewal, Streams, attend};
use crate::at_work;
use crate::error::OperationError;
use crate::lock;
use crate::passage::Glimpse;
use crate::workspace::Caution;

impl Entrance {
    /// Makes and starts the container as needed, has `check` look at it, runs
    /// the command and passes its status on. A container that was made for this
    /// session goes with it, however it ends.
    pub async fn visit(
        mut self,
        command: &Command,
        streams: Streams,
        check: impl FnOnce(&Container) -> crate::Result<()>,
    ) -> crate::Result<u8> {
        let (engine, observed, glimpse) = self.prepared_to_enter().await?;
        let _session = self.session()?;
        let wanted = self.desired(&engine, &observed).await?;
        self.tell(&engine, &observed, &wanted).await?;
        self.tell_of_changes(&engine, &observed, &wanted).await?;
        if !self.may_renew(&engine, &observed, &wanted).await {
            self.context.reporter.say("nothing was done");
            return Ok(exit::FAILED);
        }
        let outcome =
            self.stay(&engine, &observed, &wanted, glimpse, command, streams, check).await;
        if wanted.manner.lifetime == Lifetime::Session {
            let gone = self.leave(&engine, &wanted).await;
            // What the session ended with says more than what came after it.
            return outcome.and_then(|code| gone.map(|()| code));
        }
        outcome
    }

    /// Whether whoever is at work in a container that is made anew may be thrown
    /// out of it, as [`consent`](at_work::consent) tells.
    async fn may_renew(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
    ) -> bool {
        let is_asked =
            self.choice.renewal != Renewal::None && self.choice.caution == Caution::Careful;
        let ends = |it: &&Container| {
            Some(&it.id) == wanted.manner.outgoing.as_ref() && it.state == RunState::Running
        };
        let ending = observed.containers.iter().filter(ends);
        let reporter = &self.context.reporter;
        !is_asked || at_work::consent(engine, ending, "Make it anew anyway?", reporter).await
    }

    async fn stay(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
        glimpse: Glimpse,
        command: &Command,
        streams: Streams,
        check: impl FnOnce(&Container) -> crate::Result<()>,
    ) -> crate::Result<u8> {
        let mut reached = self.arrive(engine, observed, wanted, glimpse).await?;
        check(&reached.container)?;
        if has_lifecycle(&reached.container) {
            self.run_lifecycle(&reached.container, reached.session).await?;
            // That session is over with its command.
            reached = self.keep(Box::pin(self.drive(engine, wanted)).await?).await?;
        }
        let old =
            observed.containers.iter().find(|it| Some(&it.id) == wanted.manner.outgoing.as_ref());
        if let (Renewal::Reset, Some(old)) = (self.choice.renewal, old)
            && let Some(volume) = old.labels.data_volume()
        {
            self.context.reporter.say(&format!("the old data volume stays: {volume}"));
        }
        attend(reached.session, command, streams, &self.context.reporter).await
    }

    /// Keeps others from taking the container for one that was left behind.
    fn session(&self) -> crate::Result<Option<File>> {
        if self.choice.lifetime == Lifetime::Lasting {
            return Ok(None);
        }
        let path = self.context.env.layout.session_lock(self.workspace());
        match lock::try_hold(&path)? {
            Some(file) => Ok(Some(file)),
            None => Err(OperationError::usage("another session has a container of its own here")
                .hint(Hint::new("leave out `--ephemeral` to enter it, or wait until it ends"))
                .into()),
        }
    }

    /// Removes what was made for the session. Its lock is held, so that no
    /// other session has such a container here.
    async fn leave(&self, engine: &DockerEngine, wanted: &Desired) -> crate::Result<()> {
        let _turn = self.turn().await?;
        for container in engine.containers().await? {
            if container.serves(self.workspace()) && container.labels.is_ephemeral() {
                depart(engine, &self.context.remote, wanted, &container, &self.context.reporter)
                    .await?;
            }
        }
        self.context.reporter.finish_work();
        Ok(())
    }
}
