//! Where a value comes from.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The command line; the flag's name (`--image`).
    Flag(&'static str),
    /// The environment; the variable's name.
    Environment(&'static str),
    /// What an earlier command chose for the workspace, and where that is kept.
    Remembered(PathBuf),
    /// The section for this workspace in the user's file.
    UserSection(PathBuf),
    /// The workspace's own file.
    Workspace(PathBuf),
    /// The user's file.
    User(PathBuf),
    /// Nobody chose it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Environment(name) => write!(f, "environment:{name}"),
            Self::Remembered(path) => write!(f, "remembered:{}", path.display()),
            Self::UserSection(path) => write!(f, "user-section:{}", path.display()),
            Self::Workspace(path) => write!(f, "workspace:{}", path.display()),
            Self::User(path) => write!(f, "user:{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value that nobody chose.
    pub fn default_to(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// Makes another value of this one, from the same place.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: with(self.value), origin: self.origin }
    }
}
