//! SHA-256 digests of content.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::newtype::parses_from_text;

/// The algorithm, as written before the digits.
const PREFIX: &str = "sha256:";

/// The SHA-256 digest of a registry's content, such as `sha256:9f36…` with 64 hexadecimal digits.
///
/// Source: <https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests>.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sha256Digest([u8; 32]);

parses_from_text!(Sha256Digest, Sha256DigestError);

impl Sha256Digest {
    /// Returns the digest of some content.
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// Parses `sha256:` and 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`Sha256DigestError`] for another text or algorithm.
    pub fn parse(text: &str) -> Result<Self, Sha256DigestError> {
        let mut bytes = [0; 32];
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == 64);
        match digits.map(|digits| hex::decode_to_slice(digits, &mut bytes)) {
            Some(Ok(())) => Ok(Self(bytes)),
            _ => Err(Sha256DigestError { text: text.to_owned() }),
        }
    }

    /// Returns the 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Returns `sha256:` and the first twelve digits, for messages.
    pub fn abbreviated(&self) -> String {
        format!("{PREFIX}{}", hex::encode(&self.0[..6]))
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.to_hex())
    }
}

impl serde::Serialize for Sha256Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not a SHA-256 digest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a digest: expected `sha256:` and 64 hexadecimal digits", .text.escape_debug())]
#[non_exhaustive]
pub struct Sha256DigestError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_and_written() {
        let digest = Sha256Digest::of(b"");
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(Sha256Digest::parse(text), Ok(digest));
        assert_eq!(digest.abbreviated(), "sha256:e3b0c44298fc");
        let json = serde_json::to_string(&digest).expect("JSON");
        assert_eq!(serde_json::from_str::<Sha256Digest>(&json).expect("a digest"), digest);
        for wrong in ["", "sha256:", &text[..70], "sha512:e3b0", &text.replace('e', "g")] {
            assert!(Sha256Digest::parse(wrong).is_err(), "{wrong}");
        }
    }
}
