//! Where records of workspaces are.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::Layout;
use crate::naming::WorkspacePath;

impl Layout {
    /// What is kept about workspaces, a file each; mode 0700.
    pub fn workspace_record_dir(&self) -> PathBuf {
        self.config.join("workspaces")
    }

    /// What is kept about one workspace, mode 0600.
    pub fn workspace_record(&self, workspace: &WorkspacePath) -> PathBuf {
        let digest = Sha256::digest(workspace.as_str());
        let name: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.workspace_record_dir().join(format!("{name}.json"))
    }

    /// Serialises changes of records of workspaces.
    pub fn workspace_record_lock(&self) -> PathBuf {
        self.lock_dir().join("workspaces.lock")
    }
}
