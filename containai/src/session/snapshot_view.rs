//! A session request as snapshots see it.

use containai_core::lifecycle::{Desired, Observed, finish_replacement, observe_listed};
use containai_docker::DockerEngine;
use containai_ssh::SshRemote;

use super::SessionRequest;
use crate::host_facts;
use crate::workspace_store::FileWorkspaceStore;

/// The engine with the observed and the desired container of a workspace.
pub struct SnapshotView {
    /// The engine.
    pub engine: DockerEngine,
    /// The containers of the engine.
    pub observed: Observed,
    pub(crate) desired: Desired,
}

impl SessionRequest {
    /// Observes the engine as it is now.
    ///
    /// # Errors
    ///
    /// The engine or the configuration cannot be used.
    pub async fn snapshot_view(&mut self) -> crate::Result<SnapshotView> {
        let workspace = self.resolve_after_setup().await?;
        let desired = workspace.desired().await?;
        workspace.ensure_repository(&desired)?;
        let (engine, containers) = (workspace.engine, workspace.observed.containers);
        let observed = observe_listed(&engine, &desired, containers).await?;
        let desired = desired.with_host(host_facts::facts(&self.context.env));
        Ok(SnapshotView { engine, observed, desired })
    }

    /// Finishes an interrupted replacement of the workspace's container. The caller holds the
    /// [lock](Self::lock_workspace).
    ///
    /// # Errors
    ///
    /// The engine refuses a step, or the container is not managed.
    pub async fn finish_interrupted_restore(&self, view: &SnapshotView) -> crate::Result<()> {
        let SnapshotView { engine, desired, .. } = view;
        let (remote, records) = (self.remote(), self.records());
        finish_replacement(engine, remote, &records, desired, &self.context.reporter).await?;
        Ok(())
    }

    pub(crate) fn remote(&self) -> &SshRemote {
        &self.context.remote
    }

    pub(crate) fn records(&self) -> FileWorkspaceStore<'_> {
        FileWorkspaceStore { context: &self.context }
    }
}
