//! What git says is checked out in a workspace.

/// What is checked out in a workspace, as far as names depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GitHead {
    /// The workspace is in no git work tree.
    NoGit,
    /// No branch is named: a detached head, a branch without a commit, or a
    /// bare repository.
    Detached,
    /// The branch that is checked out, in full (`feature/oauth`).
    Branch(String),
}

impl GitHead {
    /// Returns the text after the last `/` of the branch, or `nogit` or
    /// `detached` where there is none.
    #[must_use]
    pub fn leaf(&self) -> &str {
        match self {
            Self::NoGit => "nogit",
            Self::Detached => "detached",
            Self::Branch(branch) => branch.rsplit('/').next().unwrap_or(branch),
        }
    }

    /// The branch that is checked out, in full; `None` where none is.
    #[must_use]
    pub fn into_branch(self) -> Option<String> {
        match self {
            Self::Branch(branch) => Some(branch),
            Self::NoGit | Self::Detached => None,
        }
    }
}
