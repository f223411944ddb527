//! Fingerprints of build inputs.

use super::newtype::{parses_from_text, reads_as_text};

/// The number of hexadecimal digits.
const DIGITS: usize = 12;

/// The first twelve hexadecimal digits of the SHA-256 of all inputs of an image.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint(String);

reads_as_text!(Fingerprint);
parses_from_text!(Fingerprint, FingerprintError);

impl Fingerprint {
    /// Creates a fingerprint from a SHA-256 digest.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        Self(hex::encode(&digest[..DIGITS / 2]))
    }

    /// Parses a fingerprint.
    ///
    /// # Errors
    ///
    /// If the text is not twelve hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == DIGITS && text.bytes().all(is_digit) {
            true => Ok(Self(text.to_owned())),
            false => Err(FingerprintError { text: text.to_owned() }),
        }
    }
}

/// The text is not a valid fingerprint.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a valid fingerprint: expected twelve hexadecimal digits", .text.escape_debug())]
#[non_exhaustive]
pub struct FingerprintError {
    /// The given text.
    pub text: String,
}
