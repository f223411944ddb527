//! A container that is started for the embedding program.

use containai_core::lifecycle::Connected;

use super::SessionRequest;
use super::lifecycle_commands::has_lifecycle_commands;
use crate::connection::{PrefetchedLease, SessionConnection};

impl SessionRequest {
    /// Creates and starts the container as needed, runs the commands that its `devcontainer.json`
    /// has for a start, and connects to it.
    pub(crate) async fn start_dedicated(mut self) -> crate::Result<Connected<SessionConnection>> {
        let (engine, observed) = self.observe_after_setup().await?;
        let wanted = self.desired(&engine, &observed).await?;
        self.report_drift(&engine, &observed, &wanted).await?;
        self.warn_lost_settings(&engine, &observed, &wanted).await?;
        let lease = PrefetchedLease::none();
        let reached = self.ensure_and_open(&engine, &observed, &wanted, lease).await?;
        if !has_lifecycle_commands(&reached.container) {
            return Ok(reached);
        }
        self.run_lifecycle_commands(&reached.container, reached.connection).await?;
        // The commands used the connection up.
        self.into_connection(Box::pin(self.ensure_running(&engine, &wanted)).await?).await
    }
}
