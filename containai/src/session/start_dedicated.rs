//! A container that is started for the embedding program.

use containai_core::lifecycle::Connected;

use super::SessionRequest;
use crate::connection::{PrefetchedLease, SessionConnection};

impl SessionRequest {
    /// Creates and starts the container as needed, runs its lifecycle commands, and connects to it.
    pub(crate) async fn start_dedicated(mut self) -> crate::Result<Connected<SessionConnection>> {
        let workspace = self.resolve_after_setup().await?;
        let desired = workspace.desired().await?;
        workspace.report_drift(&desired).await?;
        workspace.warn_lost_settings(&desired).await?;
        let connected = workspace.ensure_and_open(&desired, PrefetchedLease::none()).await?;
        workspace.after_lifecycle_commands(&desired, connected).await
    }
}
