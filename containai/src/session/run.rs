//! A command in the container, from the way in to what is left behind.

use std::fs::File;

use containai_core::engine::{Container, Engine as _, Lifetime, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, Observed, teardown_ephemeral};
use containai_docker::DockerEngine;
use containai_ssh::Command;

use super::lifecycle_commands::has_lifecycle_commands;
use super::{Recreate, SessionRequest, Streams, exec_attached};
use crate::connection::PrefetchedLease;
use crate::error::OperationError;
use crate::lock;
use crate::session_guard;
use crate::workspace::ProtectedPathUse;

impl SessionRequest {
    /// Makes and starts the container as needed, has `check` look at it, runs
    /// the command and passes its status on. A container that was made for this
    /// session goes with it, however it ends.
    pub async fn run(
        mut self,
        command: &Command,
        streams: Streams,
        check: impl FnOnce(&Container) -> crate::Result<()>,
    ) -> crate::Result<u8> {
        let (engine, observed, glimpse) = self.observe_and_prefetch().await?;
        let _session = self.lock_session()?;
        let wanted = self.desired(&engine, &observed).await?;
        self.report_drift(&engine, &observed, &wanted).await?;
        self.warn_lost_settings(&engine, &observed, &wanted).await?;
        if !self.confirm_recreate(&engine, &observed, &wanted).await {
            self.context.reporter.say("nothing was done");
            return Ok(exit::FAILED);
        }
        let outcome = self
            .run_in_container(&engine, &observed, &wanted, glimpse, command, streams, check)
            .await;
        if wanted.options.lifetime == Lifetime::Session {
            let gone = self.remove_ephemeral(&engine, &wanted).await;
            // What the session ended with says more than what came after it.
            return outcome.and_then(|code| gone.map(|()| code));
        }
        outcome
    }

    /// Whether whoever is at work in a container that is made anew may be thrown
    /// out of it, as [`consent`](at_work::consent) tells.
    async fn confirm_recreate(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
    ) -> bool {
        let is_asked = self.options.recreate != Recreate::None
            && self.options.protected_paths == ProtectedPathUse::Refuse;
        let ends = |it: &&Container| {
            Some(&it.id) == wanted.options.recreate.as_ref() && it.state == RunState::Running
        };
        let ending = observed.containers.iter().filter(ends);
        let reporter = &self.context.reporter;
        !is_asked
            || session_guard::confirm_active_sessions(
                engine,
                ending,
                "Make it anew anyway?",
                reporter,
            )
            .await
    }

    async fn run_in_container(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
        glimpse: PrefetchedLease,
        command: &Command,
        streams: Streams,
        check: impl FnOnce(&Container) -> crate::Result<()>,
    ) -> crate::Result<u8> {
        let mut reached = self.ensure_and_open(engine, observed, wanted, glimpse).await?;
        check(&reached.container)?;
        if has_lifecycle_commands(&reached.container) {
            self.run_lifecycle_commands(&reached.container, reached.connection).await?;
            // That session is over with its command.
            reached =
                self.into_connection(Box::pin(self.ensure_running(engine, wanted)).await?).await?;
        }
        let old =
            observed.containers.iter().find(|it| Some(&it.id) == wanted.options.recreate.as_ref());
        if let (Recreate::Reset, Some(old)) = (self.options.recreate, old)
            && let Some(volume) = old.labels.data_volume()
        {
            self.context.reporter.say(&format!("the old data volume stays: {volume}"));
        }
        exec_attached(reached.connection, command, streams, &self.context.reporter).await
    }

    /// Keeps others from taking the container for one that was left behind.
    fn lock_session(&self) -> crate::Result<Option<File>> {
        if self.options.lifetime == Lifetime::Persistent {
            return Ok(None);
        }
        let path = self.context.env.layout.session_lock(self.workspace());
        match lock::try_acquire(&path)? {
            Some(file) => Ok(Some(file)),
            None => Err(OperationError::usage("another session has a container of its own here")
                .hint(Hint::new("leave out `--ephemeral` to enter it, or wait until it ends"))
                .into()),
        }
    }

    /// Removes what was made for the session. Its lock is held, so that no
    /// other session has such a container here.
    async fn remove_ephemeral(&self, engine: &DockerEngine, wanted: &Desired) -> crate::Result<()> {
        let _turn = self.lock_workspace().await?;
        for container in engine.containers().await? {
            if container.serves(self.workspace()) && container.labels.is_ephemeral() {
                teardown_ephemeral(
                    engine,
                    &self.context.remote,
                    wanted,
                    &container,
                    &self.context.reporter,
                )
                .await?;
            }
        }
        self.context.reporter.finish_work();
        Ok(())
    }
}
