//! From a description to a started container.

use containai_core::lifecycle::Connected;
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use crate::connection::SessionConnection;
use crate::lifecycle_log::LOG_TARGET;
use crate::session::SessionRequest;

impl SessionRequest {
    /// Creates and starts the container as needed.
    pub(super) async fn start_sandbox(self, docker_host: Option<String>) -> crate::Result<Sandbox> {
        let span = debug_span!(target: LOG_TARGET, "start", workspace = %self.workspace());
        let (context, workspace) = (self.context.clone(), self.workspace().clone());
        let reached = Box::pin(self.start_dedicated()).instrument(span).await?;
        context.reporter.finish_work();
        let Connected { container, connection } = reached;
        Sandbox::new(context, docker_host, workspace, container, connection.into_session())
    }

    /// Starts an existing container as needed.
    pub(super) async fn open_sandbox(self, docker_host: Option<String>) -> crate::Result<Sandbox> {
        let span = debug_span!(target: LOG_TARGET, "open", workspace = %self.workspace());
        let (context, workspace) = (self.context.clone(), self.workspace().clone());
        let reached: Connected<SessionConnection> =
            Box::pin(self.open_existing()).instrument(span).await?;
        context.reporter.finish_work();
        let Connected { container, connection } = reached;
        Sandbox::new(context, docker_host, workspace, container, connection.into_session())
    }
}
