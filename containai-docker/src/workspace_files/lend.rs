//! Lending of a workspace's files.

use containai_core::engine::{ContainerId, EngineError};
use containai_core::naming::WorkspacePath;
use rustix::process::geteuid;

use super::blocking::run_blocking;
use super::workspace_container::WorkspaceContainer;
use crate::engine::DockerEngine;
use crate::ownership::{LendScope, LoanStore, lend_trees};

impl DockerEngine {
    /// Lends a workspace of host root to its container, including files that root has created
    /// since. Does nothing to a workspace of another user.
    ///
    /// # Errors
    ///
    /// - The engine's error.
    /// - [`EngineError::HostFile`]: owners cannot be changed.
    pub async fn lend_workspace(&self, id: &ContainerId) -> Result<(), EngineError> {
        let Some(ownership) = self.ownership().cloned() else { return Ok(()) };
        let Some(container) = self.workspace_container(id).await? else { return Ok(()) };
        run_blocking(move || lend_trees(&ownership, &container.loan(), LendScope::All)).await
    }

    /// As [`Self::lend_workspace`], for a running container whose workspace was lent when it was
    /// started: only new files are lent.
    ///
    /// # Errors
    ///
    /// Those of [`Self::lend_workspace`].
    pub async fn lend_new_files(&self, workspace: &WorkspacePath) -> Result<(), EngineError> {
        let Some(ownership) = self.ownership().cloned() else { return Ok(()) };
        let workspace = workspace.as_path().to_owned();
        run_blocking(move || {
            if !geteuid().is_root() || !ownership.records.is_dir() {
                return Ok(());
            }
            let loan = LoanStore::open(&ownership.records)?.find(&workspace);
            loan.map_or(Ok(()), |loan| lend_trees(&ownership, &loan, LendScope::Changed))
        })
        .await
    }

    /// Returns a ContainAI container with a workspace on this machine.
    pub(super) async fn workspace_container(
        &self,
        id: &ContainerId,
    ) -> Result<Option<WorkspaceContainer>, EngineError> {
        let inspected = self.docker().inspect_container(id.as_ref(), None).await;
        let inspected = inspected.map_err(|error| self.map_error(error))?;
        Ok(WorkspaceContainer::read(&inspected))
    }
}
