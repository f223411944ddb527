//! Paths for one workspace.

use std::path::PathBuf;

use super::Layout;
use crate::naming::WorkspacePath;

impl Layout {
    /// Serializes operations on a workspace.
    pub fn workspace_lock(&self, workspace: &WorkspacePath) -> PathBuf {
        self.lock_dir().join(format!("workspace-{}.lock", workspace.digest()))
    }

    /// Held for the duration of the session that owns an ephemeral container.
    pub fn session_lock(&self, workspace: &WorkspacePath) -> PathBuf {
        self.lock_dir().join(format!("session-{}.lock", workspace.digest()))
    }

    /// The directory with the container's replacement for the repository of a linked worktree, mode
    /// 0700.
    pub fn worktree_dir(&self, workspace: &WorkspacePath) -> PathBuf {
        self.config.join("worktrees").join(workspace.digest())
    }

    /// The subdirectory of [`Self::worktree_dir`] that the container writes to.
    pub fn worktree_repository(&self, workspace: &WorkspacePath) -> PathBuf {
        self.worktree_dir(workspace).join("repository")
    }

    /// The last common state of both sides, out of reach of the container.
    pub fn worktree_sync_base(&self, workspace: &WorkspacePath) -> PathBuf {
        self.worktree_dir(workspace).join("record.json")
    }

    /// Serializes the synchronization of both sides.
    pub fn worktree_lock(&self, workspace: &WorkspacePath) -> PathBuf {
        self.lock_dir().join(format!("worktree-{}.lock", workspace.digest()))
    }
}
