use std::path::PathBuf;

use super::EngineLayout;

impl EngineLayout {
    /// The records of file ownership changes on workspaces of root; accessible to root only.
    pub fn loans_dir(&self) -> PathBuf {
        self.root().join("var/lib/containai/loans")
    }
}
