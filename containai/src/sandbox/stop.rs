//! The end of a container's run.

use containai_core::engine::Engine as _;
use containai_core::lifecycle::{NoVolumeExporter, Observed, StopMode, execute_stop, plan_stop};
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use crate::forward_registry::RegisteredForward;
use crate::lifecycle_log::LOG_TARGET;
use crate::{volume_lock, worktree};

impl Sandbox {
    /// Shuts the container down. Its file system, volumes and name are kept; the next
    /// [`start`](super::SandboxBuilder::start) starts it again.
    ///
    /// Commands that run in it end without a question.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`](crate::Error::Engine): the engine refused or failed.
    pub async fn stop(self) -> crate::Result<()> {
        self.end(StopMode::Stop).await
    }

    /// Shuts the container down and removes it. Its named volumes are kept; the next
    /// [`start`](super::SandboxBuilder::start) creates a container with them.
    ///
    /// # Errors
    ///
    /// Those of [`stop`](Self::stop).
    pub async fn remove(self) -> crate::Result<()> {
        self.end(StopMode::Remove).await
    }

    async fn end(self, mode: StopMode) -> crate::Result<()> {
        let span = debug_span!(target: LOG_TARGET, "stop", container = self.name(), ?mode);
        self.handle.disconnect().await;
        Box::pin(self.execute(mode)).instrument(span).await
    }

    async fn execute(&self, mode: StopMode) -> crate::Result<()> {
        let handle = &self.handle;
        let (engine, context) = (&handle.engine, &handle.context);
        let (env, reporter) = (&context.env, &context.reporter);
        let chosen = [handle.container.id.clone()];
        let containers = engine.containers().await?;
        let containers =
            volume_lock::wait_unpaused(engine, containers, &chosen, env, reporter).await?;
        let observed = Observed { containers, ..Observed::default() };
        for plan in plan_stop(&observed, &chosen, mode, None)? {
            execute_stop(engine, &context.remote, &NoVolumeExporter, &plan).await?;
            worktree::fetch_after_session(&plan.container, &env.layout, reporter).await;
            if plan.removes() {
                let (directory, address) = (env.layout.forward_dir(), context.address.to_string());
                RegisteredForward::stop_all(&directory, &address, &plan.container.name)?;
            }
        }
        Ok(())
    }
}
