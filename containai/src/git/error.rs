//! Errors of reading and writing the files of a repository.

use std::io;
use std::path::{Path, PathBuf};

use containai_core::exit;
use containai_core::hint::Hint;
use rustix::io::Errno;

use crate::error::OperationError;
use crate::worktree::WorktreeError;

/// An error of reading or writing the files of a repository.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitFilesError {
    /// A symbolic link in the path, which a container may have created.
    #[error("`{}` is, or is behind, a symbolic link", .0.display())]
    Link(PathBuf),
    /// A directory, pipe or device.
    #[error("`{}` is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The file is too long or not UTF-8.
    #[error("`{}` is not a text file of git", .0.display())]
    NotText(PathBuf),
    /// The path of the new worktree is in use.
    #[error("`{}` exists and is not an empty directory", .0.display())]
    Exists(PathBuf),
    /// Another git process is running, or was killed.
    #[error("`{}` exists: another git process may be running", .0.display())]
    Locked(PathBuf),
    /// `.git` is missing, or is a submodule's.
    #[error("`{}` is not the repository of this directory", .0.display())]
    NotARepository(PathBuf),
    /// References are in a format that only git implements.
    #[error("`{}` stores references in the reftable format", .0.display())]
    Reftable(PathBuf),
    /// Objects are borrowed from another repository.
    #[error("`{}` borrows objects from another repository", .0.display())]
    Alternates(PathBuf),
    /// HEAD names a branch without a commit.
    #[error("`{}` has no commit yet", .0.display())]
    NoCommit(PathBuf),
    /// git does not accept the name for a branch.
    #[error("`{}` is not a valid branch name", .0.escape_debug())]
    BranchName(String),
    /// The name of a branch is a directory of another branch's name.
    #[error("branch `{}` conflicts with branch `{}`", .existing.escape_debug(), .branch.escape_debug())]
    BranchConflict {
        /// The requested branch.
        branch: String,
        /// The existing branch.
        existing: String,
    },
    /// The branch is checked out in another worktree.
    #[error("branch `{}` is checked out in another worktree", .0.escape_debug())]
    CheckedOut(String),
    /// The `.git` file of the workspace is not trusted.
    #[error(transparent)]
    Worktree(#[from] WorktreeError),
    /// The file system fails.
    #[error("cannot access `{}`", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl From<GitFilesError> for crate::Error {
    fn from(error: GitFilesError) -> Self {
        Self::other(error)
    }
}

impl GitFilesError {
    /// Converts the error of a system call on `path`.
    pub(crate) fn from_errno(path: &Path, errno: Errno) -> Self {
        let path = path.to_owned();
        match errno {
            // A component is a symbolic link, or leaves the directory.
            Errno::LOOP | Errno::XDEV => Self::Link(path),
            errno => Self::Io { path, source: errno.into() },
        }
    }

    /// Returns the next step for the user.
    pub(crate) fn hint(&self) -> Hint {
        Hint::new(match self {
            Self::Link(_) | Self::NotAFile(_) | Self::NotText(_) => {
                "a container can write there: inspect the file, remove it, and try again"
            }
            Self::Locked(_) => "wait for the other process, or remove the file if none is running",
            Self::Exists(_) => "name another path",
            Self::NoCommit(_) => "commit first, or name an existing directory for the fork",
            Self::BranchName(_) | Self::BranchConflict { .. } | Self::CheckedOut(_) => {
                "name another branch with `--branch`"
            }
            Self::NotARepository(_)
            | Self::Reftable(_)
            | Self::Alternates(_)
            | Self::Worktree(_)
            | Self::Io { .. } => {
                "create the worktree or clone with git yourself, and name its directory"
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
