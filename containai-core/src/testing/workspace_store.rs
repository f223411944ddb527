//! An in-memory workspace store.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::naming::{VolumeName, WorkspacePath};
use crate::workspace_store::{WorkspaceStore, WorkspaceStoreError};

/// An in-memory workspace store; see [the module](crate::testing).
#[derive(Debug, Default)]
pub struct FakeWorkspaceStore {
    volumes: Mutex<BTreeMap<WorkspacePath, VolumeName>>,
    is_read_only: bool,
}

impl FakeWorkspaceStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a read-only store.
    pub fn read_only() -> Self {
        Self { is_read_only: true, ..Self::default() }
    }

    /// Returns the volume recorded last.
    pub fn volume(&self, workspace: &WorkspacePath) -> Option<VolumeName> {
        self.volumes.lock().unwrap_or_else(PoisonError::into_inner).get(workspace).cloned()
    }
}

impl WorkspaceStore for FakeWorkspaceStore {
    async fn check_writable(&self, workspace: &WorkspacePath) -> Result<(), WorkspaceStoreError> {
        match self.is_read_only {
            false => Ok(()),
            true => Err(WorkspaceStoreError {
                workspace: workspace.to_string(),
                source: "read-only file system".into(),
            }),
        }
    }

    async fn set_data_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> Result<(), WorkspaceStoreError> {
        self.check_writable(workspace).await?;
        let mut volumes = self.volumes.lock().unwrap_or_else(PoisonError::into_inner);
        volumes.insert(workspace.clone(), volume.clone());
        Ok(())
    }
}
