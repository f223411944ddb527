//! An in-memory workspace store.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::naming::{VolumeName, WorkspacePath};
use crate::records::{RecordError, Records};

/// An in-memory workspace store; see [the module](crate::testing).
#[derive(Debug, Default)]
pub struct FakeRecords {
    volumes: Mutex<BTreeMap<WorkspacePath, VolumeName>>,
    is_read_only: bool,
}

impl FakeRecords {
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

impl Records for FakeRecords {
    async fn check(&self, workspace: &WorkspacePath) -> Result<(), RecordError> {
        match self.is_read_only {
            false => Ok(()),
            true => Err(RecordError {
                workspace: workspace.to_string(),
                source: "read-only file system".into(),
            }),
        }
    }

    async fn record_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> Result<(), RecordError> {
        self.check(workspace).await?;
        let mut volumes = self.volumes.lock().unwrap_or_else(PoisonError::into_inner);
        volumes.insert(workspace.clone(), volume.clone());
        Ok(())
    }
}
