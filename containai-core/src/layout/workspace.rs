//! Paths of what is kept of one workspace.

use std::path::PathBuf;

use super::Layout;
use crate::naming::WorkspacePath;

impl Layout {
    /// Serialises work on one workspace.
    pub fn workspace_lock(&self, workspace: &WorkspacePath) -> PathBuf {
        self.lock_dir().join(format!("workspace-{}.lock", workspace.digest()))
    }

    /// Held as long as the session that a workspace's container was made for.
    pub fn session_lock(&self, workspace: &WorkspacePath) -> PathBuf {
        self.lock_dir().join(format!("session-{}.lock", workspace.digest()))
    }

    /// What one linked worktree's container has in place of its repository, mode
    /// 0700.
    pub fn worktree_dir(&self, workspace: &WorkspacePath) -> PathBuf {
        self.config.join("worktrees").join(workspace.digest())
    }

    /// The directory below [`Self::worktree_dir`] that the container writes.
    pub fn worktree_repository(&self, workspace: &WorkspacePath) -> PathBuf {
        self.worktree_dir(workspace).join("repository")
    }

    /// What both sides had when they last agreed; the container cannot write it.
    pub fn worktree_record(&self, workspace: &WorkspacePath) -> PathBuf {
        self.worktree_dir(workspace).join("record.json")
    }

    /// Serialises the comparison of both sides.
    pub fn worktree_lock(&self, workspace: &WorkspacePath) -> PathBuf {
        self.lock_dir().join(format!("worktree-{}.lock", workspace.digest()))
    }
}
