//! Origins of values.

use std::fmt;
use std::path::PathBuf;

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The command line; the option's name (`--image`).
    Flag(&'static str),
    /// The environment; the variable's name.
    Environment(&'static str),
    /// A value remembered from an earlier command for the workspace; the file.
    Remembered(PathBuf),
    /// The table for this workspace in the user's file.
    UserSection(PathBuf),
    /// The workspace's own file.
    Workspace(PathBuf),
    /// The user's file.
    User(PathBuf),
    /// The default.
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

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The origin.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// Creates a setting with a default value.
    pub fn default_to(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// Converts the value and keeps its origin.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: with(self.value), origin: self.origin }
    }
}
