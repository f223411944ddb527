//! Records in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::naming::{VolumeName, WorkspacePath};
use crate::records::{RecordError, Records};

/// Records in memory; see [the module](crate::fake).
#[derive(Debug, Default)]
pub struct FakeRecords(Mutex<BTreeMap<WorkspacePath, VolumeName>>);

impl FakeRecords {
    /// Records of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The volume that was recorded last.
    pub fn volume(&self, workspace: &WorkspacePath) -> Option<VolumeName> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(workspace).cloned()
    }
}

impl Records for FakeRecords {
    async fn record_volume(
        &self,
        workspace: &WorkspacePath,
        volume: &VolumeName,
    ) -> Result<(), RecordError> {
        let mut volumes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        volumes.insert(workspace.clone(), volume.clone());
        Ok(())
    }
}
