//! The repository that a linked worktree belongs to.

use crate::naming::WorkspacePath;

/// The repository that a workspace is a linked worktree of, git-worktree(1).
///
/// git finds it by its absolute path. What is there inside is a directory of
/// the container's own, with references, reflogs, hooks and settings of its own;
/// nothing of the host's repository is writable, and only its objects can be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkedRepository {
    /// The repository's own directory on the host, such as `/home/me/api/.git`.
    pub common: WorkspacePath,
    /// The directory of the host that is mounted at that path inside, read-write.
    pub own: WorkspacePath,
    /// What is mounted read-only.
    pub stores: Vec<ObjectStore>,
}

/// A directory of the host from which objects are read inside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectStore {
    /// The directory on the host.
    pub source: WorkspacePath,
    /// Where it is inside.
    pub target: WorkspacePath,
}
