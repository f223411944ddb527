//! What something was built from, in a few characters.

use super::newtype::{parses_from_text, reads_as_text};

/// How many hexadecimal digits there are.
const DIGITS: usize = 12;

/// The first twelve hexadecimal digits of the SHA-256 over everything that an
/// image is built from.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint(String);

reads_as_text!(Fingerprint);
parses_from_text!(Fingerprint, FingerprintError);

impl Fingerprint {
    /// Shortens a SHA-256.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        Self(digest[..DIGITS / 2].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Takes a fingerprint as it was written.
    ///
    /// # Errors
    ///
    /// When the text is not twelve hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == DIGITS && text.bytes().all(is_digit) {
            true => Ok(Self(text.to_owned())),
            false => Err(FingerprintError { text: text.to_owned() }),
        }
    }
}

/// The text is no fingerprint.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is no fingerprint: it takes twelve hexadecimal digits", .text.escape_debug())]
#[non_exhaustive]
pub struct FingerprintError {
    /// What was given.
    pub text: String,
}
