use std::path::PathBuf;

use super::EngineLayout;

impl EngineLayout {
    /// The records of root's workspaces whose files are lent to containers; root's alone.
    pub fn loans_dir(&self) -> PathBuf {
        self.root().join("var/lib/containai/loans")
    }
}
