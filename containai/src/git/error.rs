//! Why the files of a repository are not read or written.

use std::io;
use std::path::{Path, PathBuf};

use containai_core::exit;
use containai_core::hint::Hint;
use rustix::io::Errno;

use crate::error::OperationError;
use crate::worktree::WorktreeError;

/// Why the files of a repository are not read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitFilesError {
    /// A symbolic link, which a container may have put there.
    #[error("`{}` is a symbolic link, or lies behind one", .0.display())]
    Link(PathBuf),
    /// A directory, a pipe, a device.
    #[error("`{}` is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// Too long, or not UTF-8.
    #[error("`{}` is not a text of git's", .0.display())]
    NotText(PathBuf),
    /// Something stands where the worktree would be.
    #[error("`{}` exists, and is not empty", .0.display())]
    Exists(PathBuf),
    /// Another git is at work, or was killed.
    #[error("`{}` exists: another git may be running there", .0.display())]
    Locked(PathBuf),
    /// `.git` is missing, or leads to a submodule's.
    #[error("`{}` is not the repository of this directory", .0.display())]
    NotARepository(PathBuf),
    /// References are in a format that only git writes.
    #[error("`{}` keeps its references as reftable", .0.display())]
    Reftable(PathBuf),
    /// Objects are in another repository, which was not handed out.
    #[error("`{}` names another repository's objects", .0.display())]
    Alternates(PathBuf),
    /// HEAD has no commit.
    #[error("`{}` has no commit yet", .0.display())]
    NoCommit(PathBuf),
    /// git would not take it for a branch.
    #[error("`{}` is not a valid name for a branch", .0.escape_debug())]
    BranchName(String),
    /// A branch is in the way of another one.
    #[error("branch `{}` is in the way of branch `{}`", .there.escape_debug(), .branch.escape_debug())]
    BranchConflict {
        /// The one that is wanted.
        branch: String,
        /// The one that there is.
        there: String,
    },
    /// Two worktrees cannot have one branch.
    #[error("branch `{}` is checked out in another worktree", .0.escape_debug())]
    CheckedOut(String),
    /// The workspace's `.git` is not believed.
    #[error(transparent)]
    Worktree(#[from] WorktreeError),
    /// The file system refuses.
    #[error("cannot use `{}`", .path.display())]
    Io {
        /// What it is about.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl GitFilesError {
    pub(crate) fn from_errno(path: &Path, errno: Errno) -> Self {
        let path = path.to_owned();
        match errno {
            // A component that is a link, or one that leads out.
            Errno::LOOP | Errno::XDEV => Self::Link(path),
            errno => Self::Io { path, source: errno.into() },
        }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Hint {
        Hint::new(match self {
            Self::Link(_) | Self::NotAFile(_) | Self::NotText(_) => {
                "a container can write there: look at it, remove it, and try again"
            }
            Self::Locked(_) => "wait for the other git, or remove the file if none is running",
            Self::Exists(_) => "name a path that is free",
            Self::NoCommit(_) => {
                "make a commit first, or name a directory for the fork to work on as it is"
            }
            Self::BranchName(_) | Self::BranchConflict { .. } | Self::CheckedOut(_) => {
                "name another branch with `--branch`"
            }
            Self::NotARepository(_)
            | Self::Reftable(_)
            | Self::Alternates(_)
            | Self::Worktree(_)
            | Self::Io { .. } => {
                "make the worktree or clone with git yourself, and name its directory"
            }
        })
    }
}

impl From<GitFilesError> for OperationError {
    fn from(error: GitFilesError) -> Self {
        let cause = std::error::Error::source(&error).map(|it| format!(": {it}"));
        let message = format!("{error}{}", cause.unwrap_or_default());
        let code = match error {
            GitFilesError::Io { .. } | GitFilesError::Locked(_) => exit::FAILED,
            _ => exit::USAGE,
        };
        Self::with_code(code, message).hint(error.hint())
    }
}
