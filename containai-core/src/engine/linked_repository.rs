//! The repository that a linked worktree belongs to.

use crate::naming::WorkspacePath;

/// The repository that a workspace is a linked worktree of, git-worktree(1).
///
/// git finds it by its absolute path, so it is mounted at the same path inside:
/// read-only, hooks and configuration included, so that nothing inside decides
/// what git on the host runs. Only what a commit has to write is writable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkedRepository {
    /// The repository's own directory, such as `/home/me/api/.git`.
    pub common: WorkspacePath,
    /// The directories below it that are writable, in order.
    pub writable: Vec<WorkspacePath>,
}
