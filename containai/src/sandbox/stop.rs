//! The end of a container's run.

use containai_core::engine::Engine as _;
use containai_core::lifecycle::StopMode;
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use crate::lifecycle_log::LOG_TARGET;
use crate::sandbox_handle::SandboxHandle;
use crate::stop::{StopRequest, StopSelection, VolumeRemoval};

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
        let SandboxHandle { context, engine, container, .. } = &*self.handle;
        let selection = StopSelection::Container(container.id.clone());
        let request = StopRequest {
            context,
            engine,
            selection,
            mode,
            volumes: VolumeRemoval::Keep,
            export: None,
        };
        request.prepare(engine.containers().await?).await?.execute().await
    }
}
