//! A command in the container, with its preparation and its cleanup.

use std::fs::File;

use containai_core::engine::{Container, Engine as _, Lifetime, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Desired, teardown_ephemeral};
use containai_ssh::Command;

use super::{Recreate, ResolvedWorkspace, SessionRequest, Streams, exec_attached};
use crate::connection::PrefetchedLease;
use crate::error::OperationError;
use crate::lock;
use crate::session_guard;
use crate::workspace::ProtectedPathUse;

impl SessionRequest {
    /// Creates and starts the container as needed, passes it to `check`, runs the command, and
    /// returns its exit status. An ephemeral container is removed afterwards, on errors too.
    ///
    /// # Errors
    ///
    /// The container cannot be created, started or reached, or `check` refuses it.
    pub async fn run(
        mut self,
        command: &Command,
        streams: Streams,
        check: impl FnOnce(&Container) -> crate::Result<()>,
    ) -> crate::Result<u8> {
        let (workspace, lease) = self.resolve_and_prefetch().await?;
        let _session = workspace.lock_session()?;
        let desired = workspace.desired().await?;
        workspace.report_drift(&desired).await?;
        workspace.warn_lost_settings(&desired).await?;
        if !workspace.confirm_recreate(&desired).await? {
            self.context.reporter.say("nothing was changed");
            return Ok(exit::FAILED);
        }
        let outcome = workspace.run(&desired, lease, command, streams, check).await;
        if desired.options.lifetime == Lifetime::Session {
            let removal = workspace.remove_ephemeral(&desired).await;
            // An error of the session matters more than one of the cleanup.
            return outcome.and_then(|code| removal.map(|()| code));
        }
        outcome
    }
}

impl ResolvedWorkspace {
    /// Asks before a container with active sessions is recreated; see
    /// [`session_guard::confirm_active_sessions`].
    async fn confirm_recreate(&self, desired: &Desired) -> crate::Result<bool> {
        let must_ask = self.options.recreate != Recreate::None
            && self.options.protected_paths == ProtectedPathUse::Refuse;
        let is_ending = |container: &&Container| {
            Some(&container.id) == desired.options.recreate.as_ref()
                && container.state == RunState::Running
        };
        let ending = self.observed.containers.iter().filter(is_ending);
        let (question, reporter) = ("Recreate it anyway?", &self.context.reporter);
        if !must_ask {
            return Ok(true);
        }
        Ok(session_guard::confirm_active_sessions(&self.engine, ending, question, reporter).await?)
    }

    async fn run(
        &self,
        desired: &Desired,
        lease: PrefetchedLease,
        command: &Command,
        streams: Streams,
        check: impl FnOnce(&Container) -> crate::Result<()>,
    ) -> crate::Result<u8> {
        let connected = self.ensure_and_open(desired, lease).await?;
        check(&connected.container)?;
        self.import_on_create().await;
        let connected = self.after_lifecycle_commands(desired, connected).await?;
        if let (Recreate::Reset, Some(old)) = (self.options.recreate, &self.replaced)
            && let Some(volume) = old.labels.data_volume()
        {
            self.context.reporter.say(&format!("the old data volume is kept: {volume}"));
        }
        exec_attached(connected.connection, command, streams, &self.context.reporter).await
    }

    /// Locks the ephemeral container of this session, so that other commands do not take it for
    /// a leftover.
    pub(crate) fn lock_session(&self) -> crate::Result<Option<File>> {
        if self.options.lifetime == Lifetime::Persistent {
            return Ok(None);
        }
        let path = self.context.env.layout.session_lock(&self.path);
        match lock::try_acquire(&path)? {
            Some(file) => Ok(Some(file)),
            None => Err(OperationError::usage(format!(
                "another session has an ephemeral container for `{}`",
                self.path
            ))
            .hint(Hint::new("omit `--ephemeral` to use that container, or wait until it ends"))
            .into()),
        }
    }

    /// Removes the ephemeral containers of the workspace. The session lock is held: no other
    /// session has one.
    pub(crate) async fn remove_ephemeral(&self, desired: &Desired) -> crate::Result<()> {
        let Self { context, path, engine, .. } = self;
        let reporter = &context.reporter;
        let _lock = lock::acquire_workspace(path, &context.env, reporter).await?;
        for container in engine.containers().await? {
            if container.serves(path) && container.labels.is_ephemeral() {
                teardown_ephemeral(engine, &context.remote, desired, &container, reporter).await?;
            }
        }
        reporter.finish_work();
        Ok(())
    }
}
