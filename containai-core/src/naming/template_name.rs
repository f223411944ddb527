//! Template names.

use super::alphabet::is_made_of;
use super::newtype::{parses_from_text, reads_as_text};

/// The name of an image template: lower-case letters, digits, `_`, `.` and `-`, beginning
/// with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateName(String);

reads_as_text!(TemplateName);
parses_from_text!(TemplateName, TemplateNameError);

impl TemplateName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// If the text is empty or contains a character that is not allowed.
    pub fn parse(text: &str) -> Result<Self, TemplateNameError> {
        if is_made_of(text, is_first, is_rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TemplateNameError { text: text.to_owned() })
        }
    }
}

/// The text is not a valid template name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid template name: expected lower-case letters, digits, `_`, `.` and `-`, beginning with a letter or digit", text.escape_debug())]
#[non_exhaustive]
pub struct TemplateNameError {
    /// The given text.
    pub text: String,
}

fn is_first(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_rest(c: char) -> bool {
    is_first(c) || matches!(c, '_' | '.' | '-')
}
