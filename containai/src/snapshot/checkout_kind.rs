//! The kinds of checkouts that a fork works on.

use containai_core::naming::WorkspacePath;

use crate::git;
use crate::report::escape_control;

/// The kind of a second checkout of a repository.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CheckoutKind {
    /// A linked worktree, whose repository is mounted too.
    Worktree,
    /// A clone, whose whole repository is copied to a remote engine.
    Clone,
}

impl CheckoutKind {
    /// Creates the checkout at `path` on this branch.
    pub(crate) fn create(
        self,
        origin: &WorkspacePath,
        path: &WorkspacePath,
        branch: &str,
    ) -> crate::Result<()> {
        match self {
            Self::Worktree => git::add_worktree(origin, path, branch),
            Self::Clone => git::clone_with_clean_config(origin, path, branch),
        }
    }

    /// Describes [`Self::create`] for a dry run.
    pub(crate) fn description(self, path: &WorkspacePath, branch: &str) -> String {
        let kind = match self {
            Self::Worktree => "worktree",
            Self::Clone => "clone",
        };
        format!("create a {kind} at {path} on branch {}", escape_control(branch))
    }
}
