//! Client IDs.

use super::newtype::{parses_from_text, reads_as_text};

/// The identifier of a client of an engine: 32 lower-case hexadecimal digits, drawn at
/// random once for each configuration directory.
///
/// Two laptops may use the same workspace path. On a shared remote engine, only the
/// client ID distinguishes their containers and volumes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

reads_as_text!(ClientId);
parses_from_text!(ClientId, ClientIdError);

impl ClientId {
    /// The number of digits.
    const LENGTH: usize = 32;

    /// Parses an identifier from a file or a label.
    ///
    /// # Errors
    ///
    /// [`ClientIdError`] unless it is 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, ClientIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == Self::LENGTH && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClientIdError { text: text.to_owned() })
        }
    }

    /// Creates an identifier from 128 random bits.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }
}

/// The text is not a valid client ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid client ID: expected 32 hexadecimal digits", text.escape_debug())]
#[non_exhaustive]
pub struct ClientIdError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_32_hex_digits_only() {
        let id = ClientId::from_random([0xab; 16]);
        assert_eq!(ClientId::parse(id.as_str()), Ok(id));
        for text in ["", "AB", &"A".repeat(32), &"a".repeat(31), &format!("{}\n", "a".repeat(31))] {
            assert!(ClientId::parse(text).is_err(), "{text:?}");
        }
    }
}
