//! The checked out branch of a workspace.

/// The checked out branch of a workspace, as far as names depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GitHead {
    /// The workspace is outside a git work tree.
    NoGit,
    /// There is no branch: a detached `HEAD`, or a bare repository.
    Detached,
    /// The full name of the branch (`feature/oauth`), which may have no commit yet.
    Branch(String),
}

impl GitHead {
    /// Returns the part after the last `/` of the branch; `nogit` or `detached` without a
    /// branch.
    #[must_use]
    pub fn leaf(&self) -> &str {
        match self {
            Self::NoGit => "nogit",
            Self::Detached => "detached",
            Self::Branch(branch) => branch.rsplit('/').next().unwrap_or(branch),
        }
    }

    /// Returns the full name of the branch; `None` without a branch.
    #[must_use]
    pub fn into_branch(self) -> Option<String> {
        match self {
            Self::Branch(branch) => Some(branch),
            Self::NoGit | Self::Detached => None,
        }
    }
}
