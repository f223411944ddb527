//! Docker context names.

use super::alphabet::{is_docker_rest, is_made_of};
use super::newtype::{parses_from_text, reads_as_text};

/// The name of a Docker context: letters, digits, `_`, `.` and `-`, in any order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextName(String);

reads_as_text!(ContextName);
parses_from_text!(ContextName, ContextNameError);

impl ContextName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// If the text is empty or contains a character that is not allowed.
    pub fn parse(text: &str) -> Result<Self, ContextNameError> {
        if is_made_of(text, is_docker_rest, is_docker_rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ContextNameError { text: text.to_owned() })
        }
    }
}

/// The text is not a valid name of a Docker context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid Docker context name: expected letters, digits, `_`, `.` and `-`", text.escape_debug())]
#[non_exhaustive]
pub struct ContextNameError {
    /// The given text.
    pub text: String,
}
