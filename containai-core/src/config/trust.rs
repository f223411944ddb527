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
    /// Ignored: it decides what the host runs, mounts or listens on.
    ReachesHost,
}

/// Something in the workspace's own file that was not followed.
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
    /// Only the user may set it.
    ReachesHost,
    /// There is no such setting.
    Unknown,
    /// The value cannot be used; what is wrong with it.
    Invalid(String),
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, why } = self;
        match why {
            Why::ReachesHost => {
                write!(f, "ignored `{key}` at `{place}`: only your own configuration may set it")
            }
            Why::Unknown => write!(f, "ignored `{key}` at `{place}`: there is no such setting"),
            Why::Invalid(message) if key.is_empty() => write!(f, "ignored `{place}`: {message}"),
            Why::Invalid(message) => write!(f, "ignored `{key}` at `{place}`: {message}"),
        }
    }
}
