//! Trust in the workspace's own file.

use std::fmt;

use super::Place;

/// The condition for taking a setting from the workspace's own file.
///
/// That file comes with the repository and can be modified by the agent in the container. Its
/// settings must not affect anything outside the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Always taken: it affects only programs in the container.
    Harmless,
    /// Taken if it requests less than the user's limit.
    OnlyLower,
    /// Taken after the user approved the exact content of the file: it decides what the host
    /// mounts, shares or listens on.
    Approved,
    /// Never taken: it concerns the machine, not the workspace.
    Never,
}

/// A setting of the workspace's own file that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The position.
    pub place: Place,
    /// The setting.
    pub key: String,
}

/// A setting or file that was ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The position.
    pub place: Place,
    /// The setting; empty when the whole file was ignored.
    pub key: String,
    /// The reason.
    pub why: Why,
}

/// The reason for ignoring a setting of the workspace's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Only the user's file may set it.
    Never,
    /// No setting has this key.
    Unknown {
        /// The closest known key.
        nearest: Option<&'static str>,
    },
    /// The value is invalid; the error message.
    Invalid(String),
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, why } = self;
        match why {
            Why::Never => {
                write!(f, "ignored `{key}` at `{place}`: only your own configuration may set it")
            }
            Why::Unknown { nearest } => {
                write!(f, "ignored `{key}` at `{place}`: unknown setting")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Why::Invalid(message) if key.is_empty() => write!(f, "ignored `{place}`: {message}"),
            Why::Invalid(message) => write!(f, "ignored `{key}` at `{place}`: {message}"),
        }
    }
}
