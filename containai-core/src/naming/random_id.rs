//! Random identifiers.

use super::newtype::{parses_from_text, reads_as_text};

/// A random identifier that distinguishes objects of the same name: 12 lower-case
/// hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RandomId(String);

reads_as_text!(RandomId);
parses_from_text!(RandomId, RandomIdError);

impl RandomId {
    /// The number of digits.
    const LENGTH: usize = 12;

    /// Parses an identifier from a name or a label.
    ///
    /// # Errors
    ///
    /// [`RandomIdError`] unless it is 12 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, RandomIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == Self::LENGTH && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RandomIdError { text: text.to_owned() })
        }
    }

    /// Creates an identifier from 48 random bits.
    #[must_use]
    pub fn from_random(bytes: [u8; 6]) -> Self {
        Self(hex::encode(bytes))
    }
}

/// The text is not a valid identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid identifier: expected 12 hexadecimal digits", text.escape_debug())]
#[non_exhaustive]
pub struct RandomIdError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_twelve_hex_digits_only() {
        let nonce = RandomId::from_random([0xab; 6]);
        assert_eq!(RandomId::parse(nonce.as_str()), Ok(nonce));
        for text in ["", "ab", "ABABABABABAB", "ababababababa", "abababababa\n"] {
            assert!(RandomId::parse(text).is_err(), "{text:?}");
        }
    }
}
