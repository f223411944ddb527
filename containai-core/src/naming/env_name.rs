//! Environment variable names.

use super::alphabet::is_made_of;
use super::newtype::{parses_from_text, reads_as_text};

/// The name of an environment variable: letters, digits and `_`, not beginning with a
/// digit (POSIX.1-2017 §8.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(String);

reads_as_text!(EnvName);
parses_from_text!(EnvName, EnvNameError);

impl EnvName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// If the text is empty or contains a character that is not allowed.
    pub fn parse(text: &str) -> Result<Self, EnvNameError> {
        if is_made_of(text, is_first, is_rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EnvNameError { text: text.to_owned() })
        }
    }
}

/// The text is not a valid name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid environment variable name: expected letters, digits and `_`, not beginning with a digit", text.escape_debug())]
#[non_exhaustive]
pub struct EnvNameError {
    /// The given text.
    pub text: String,
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_rest(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
