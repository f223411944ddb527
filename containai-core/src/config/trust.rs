//! Trust in the workspace's own file.

use std::fmt;

use super::TextPosition;

/// The condition for taking a setting from the workspace's own file.
///
/// That file comes with the repository and can be modified by the agent in the container. Its
/// settings must not affect anything outside the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Always taken: it affects only programs in the container.
    Always,
    /// Taken if it requests less than the user's limit.
    LowerOnly,
    /// Taken after the user approved the exact content of the file: it decides what the host
    /// mounts, shares or listens on.
    WhenApproved,
    /// Never taken: it concerns the machine, not the workspace.
    Never,
}

/// A setting of the workspace's own file that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suggestion {
    /// The position.
    pub position: TextPosition,
    /// The setting.
    pub key: String,
}

/// A setting or file that was ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoredSetting {
    /// The position.
    pub position: TextPosition,
    /// The setting; empty when the whole file was ignored.
    pub key: String,
    /// The reason.
    pub reason: IgnoreReason,
}

/// The reason for ignoring a setting of the workspace's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IgnoreReason {
    /// Only the user's file may set it.
    UserOnly,
    /// No setting has this key.
    Unknown {
        /// The closest known key.
        nearest: Option<&'static str>,
    },
    /// The value is invalid; the error message.
    InvalidValue(String),
}

impl fmt::Display for IgnoredSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, key, reason } = self;
        match reason {
            IgnoreReason::UserOnly => {
                write!(f, "ignored `{key}` at `{position}`: only your own configuration may set it")
            }
            IgnoreReason::Unknown { nearest } => {
                write!(f, "ignored `{key}` at `{position}`: unknown setting")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            IgnoreReason::InvalidValue(message) if key.is_empty() => {
                write!(f, "ignored `{position}`: {message}")
            }
            IgnoreReason::InvalidValue(message) => {
                write!(f, "ignored `{key}` at `{position}`: {message}")
            }
        }
    }
}
