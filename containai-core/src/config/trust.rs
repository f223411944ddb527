//! What the workspace's own file may say.

use std::fmt;

use super::Place;

/// Whether a setting is taken from the workspace's own file.
///
/// That file comes with the repository, and the agent inside writes it too.
/// What it says must not reach beyond the container that it already owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Taken: it changes only what runs inside the container.
    Harmless,
    /// Taken as far as it asks for less than the user would give.
    OnlyLower,
    /// Taken once a person has approved the file's very content: it decides
    /// what the host mounts, lends or listens on.
    Approved,
    /// Never taken: it is about the machine, not about the workspace.
    Never,
}

/// Something that the workspace's own file asks for and that waits for a
/// person's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Where it stands.
    pub place: Place,
    /// The setting.
    pub key: String,
}

/// Something in a file that was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Where it stands.
    pub place: Place,
    /// The setting, or nothing where the whole file was ignored.
    pub key: String,
    /// Why it was not followed.
    pub why: Why,
}

/// Why something in the workspace's own file was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Only the user's own file may set it.
    Never,
    /// There is no such setting.
    Unknown {
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// The value cannot be used; what is wrong with it.
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
                write!(f, "ignored `{key}` at `{place}`: there is no such setting")?;
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
