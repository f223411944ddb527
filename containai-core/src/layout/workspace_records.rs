//! Paths of workspace records.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::Layout;
use crate::naming::WorkspacePath;

impl Layout {
    /// The directory of workspace records, one file each; mode 0700.
    pub fn workspace_record_dir(&self) -> PathBuf {
        self.config.join("workspaces")
    }

    /// The record of a workspace, mode 0600.
    pub fn workspace_record(&self, workspace: &WorkspacePath) -> PathBuf {
        let digest = Sha256::digest(workspace.as_str());
        let name = hex::encode(&digest[..16]);
        self.workspace_record_dir().join(format!("{name}.json"))
    }

    /// Serializes changes of workspace records.
    pub fn workspace_record_lock(&self) -> PathBuf {
        self.lock_dir().join("workspaces.lock")
    }
}
