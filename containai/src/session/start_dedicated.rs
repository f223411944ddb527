//! A container that is started for the embedding program.

use containai_core::lifecycle::Connected;

use super::SessionRequest;
use crate::connection::{PrefetchedLease, SessionConnection};

impl SessionRequest {
    /// Creates and starts the container as needed, runs its lifecycle commands, and connects to it.
    ///
    /// The parts are boxed: this runs on threads of the embedding program, whose stacks may be small.
    pub(crate) async fn start_dedicated(mut self) -> crate::Result<Connected<SessionConnection>> {
        let workspace = Box::pin(self.resolve_after_setup()).await?;
        let desired = Box::pin(workspace.desired()).await?;
        workspace.report_drift(&desired).await?;
        workspace.warn_lost_settings(&desired).await?;
        let opening = workspace.ensure_and_open(&desired, PrefetchedLease::none());
        let connected = Box::pin(opening).await?;
        workspace.after_lifecycle_commands(&desired, connected).await
    }
}
