//! What others need who change the container of a workspace.

use containai_core::lifecycle::{Desired, Observed, finish_replacement};
use containai_docker::DockerEngine;
use containai_ssh::SshRemote;

use super::SessionRequest;
use crate::host_facts;
use crate::workspace_store::FileWorkspaceStore;

/// The engine, what it shows, and what is wanted of it.
pub struct SnapshotView {
    pub engine: DockerEngine,
    pub observed: Observed,
    pub(crate) desired: Desired,
}

impl SessionRequest {
    /// Looks at the engine as it is now.
    pub async fn snapshot_view(&mut self) -> crate::Result<SnapshotView> {
        let (engine, observed) = self.observe_after_setup().await?;
        let wanted = self.desired(&engine, &observed).await?;
        self.ensure_repository(&wanted)?;
        Ok(SnapshotView {
            engine,
            observed,
            desired: Desired { host: host_facts::facts(&self.context.env), ..wanted },
        })
    }

    /// Brings to its end what an earlier command has begun to put in a
    /// container's place. The caller has the [`turn`](Self::turn).
    pub async fn finish_interrupted_restore(&self, survey: &SnapshotView) -> crate::Result<()> {
        let SnapshotView { engine, desired: wanted, .. } = survey;
        let (remote, records) = (self.remote(), self.records());
        finish_replacement(engine, remote, &records, wanted, &self.context.reporter).await?;
        Ok(())
    }

    pub(crate) fn remote(&self) -> &SshRemote {
        &self.context.remote
    }

    pub(crate) fn records(&self) -> FileWorkspaceStore<'_> {
        FileWorkspaceStore { context: &self.context }
    }
}
