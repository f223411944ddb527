//! What has to be made of a repository before another container works on it.

use containai_core::naming::WorkspacePath;

use crate::git;
use crate::report::escape_control;

/// How a repository is there a second time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CheckoutKind {
    /// A linked worktree, whose repository is mounted beside it.
    Worktree,
    /// A clone: the engine of another machine gets all of its repository.
    Clone,
}

impl CheckoutKind {
    /// Makes it at `path`, on a branch of its own.
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

    /// What [`run`](Self::run) does, for people.
    pub(crate) fn description(self, path: &WorkspacePath, branch: &str) -> String {
        let what = match self {
            Self::Worktree => "worktree",
            Self::Clone => "clone",
        };
        format!("make a {what} at {path} on the new branch {}", escape_control(branch))
    }
}
