//! Repositories of linked worktrees.

use crate::naming::WorkspacePath;

/// The repository of a linked worktree, git-worktree(1).
///
/// git finds the repository by its absolute path. In the container, that path is a separate
/// directory with its own references, reflogs, hooks and configuration. Of the host's repository,
/// only the objects are visible, read-only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkedRepository {
    /// The common directory of the repository on the host, such as `/home/me/api/.git`.
    pub common_dir: WorkspacePath,
    /// The host directory that is mounted at that path in the container, read-write.
    pub own: WorkspacePath,
    /// The object stores, mounted read-only.
    pub object_stores: Vec<ObjectStore>,
}

/// A host directory with objects that the container may read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectStore {
    /// The directory on the host.
    pub source: WorkspacePath,
    /// The target in the container.
    pub target: WorkspacePath,
}
