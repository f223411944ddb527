//! The name of a machine of a user among the clients of one engine.

use super::newtype::{parses_from_text, reads_as_text};

/// What tells the machines apart that use one engine: 32 lower-case
/// hexadecimal digits, drawn once for each configuration directory.
///
/// Two laptops may have the same workspace path; on an engine of a third
/// machine only this keeps their containers and volumes apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

reads_as_text!(ClientId);
parses_from_text!(ClientId, ClientIdError);

impl ClientId {
    /// How many digits it has.
    const LENGTH: usize = 32;

    /// Takes an identifier as a file or a label has it.
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

    /// Makes one of 128 random bits.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The text is no identifier of a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no client id: it takes 32 hexadecimal digits", text.escape_debug())]
#[non_exhaustive]
pub struct ClientIdError {
    /// What was given.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_drew_is_one() {
        let id = ClientId::from_random([0xab; 16]);
        assert_eq!(ClientId::parse(id.as_str()), Ok(id));
        for text in ["", "AB", &"A".repeat(32), &"a".repeat(31), &format!("{}\n", "a".repeat(31))] {
            assert!(ClientId::parse(text).is_err(), "{text:?}");
        }
    }
}
