//! The key pair that opens every container of a user.

use std::fmt;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey, key::safe_rng};

/// The comment in both key files.
const COMMENT: &str = "containai";

/// An ed25519 key pair in OpenSSH's formats.
///
/// `Debug` prints the fingerprint only.
#[derive(Clone)]
pub struct KeyPair(PrivateKey);

impl KeyPair {
    /// Generates a new pair with the system's random number generator.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the library fails.
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519)
            .map_err(|error| unusable(&error))?;
        key.set_comment(COMMENT);
        Ok(Self(key))
    }

    /// Parses a private key file.
    ///
    /// # Errors
    ///
    /// [`KeyError`] unless it is an ed25519 key in OpenSSH's format without a
    /// passphrase.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let key = PrivateKey::from_openssh(text).map_err(|error| unusable(&error))?;
        if key.is_encrypted() {
            return Err(KeyError("it has a passphrase".to_owned()));
        }
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(KeyError(format!("it is `{}`, not `ssh-ed25519`", key.algorithm())));
        }
        Ok(Self(key))
    }

    /// Returns the private key file. Secret: mode 0600.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the library cannot encode it.
    pub(crate) fn private_text(&self) -> Result<impl AsRef<str> + use<>, KeyError> {
        // The text is wiped from memory when it is dropped.
        self.0.to_openssh(LineEnding::LF).map_err(|error| unusable(&error)).map(SecretText)
    }

    /// Returns the public key as one line of `authorized_keys` or the `.pub`
    /// file, without the line ending.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the library cannot encode it.
    pub fn public_line(&self) -> Result<String, KeyError> {
        self.0.public_key().to_openssh().map_err(|error| unusable(&error))
    }

    pub(crate) fn private_key(&self) -> &PrivateKey {
        &self.0
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyPair").field(&self.0.fingerprint(HashAlg::Sha256).to_string()).finish()
    }
}

struct SecretText<T>(T);

impl<T: std::ops::Deref<Target = String>> AsRef<str> for SecretText<T> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn unusable(error: &russh::keys::ssh_key::Error) -> KeyError {
    KeyError(error.to_string())
}

/// The reason why a text is not a usable private key, as a fragment.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(String);

#[cfg(test)]
mod tests {
    use super::*;

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn keys_round_trip() -> Result {
        let pair = KeyPair::generate()?;
        let again = KeyPair::parse(pair.private_text()?.as_ref())?;
        assert_eq!(again.public_line()?, pair.public_line()?);
        let line = pair.public_line()?;
        assert!(line.starts_with("ssh-ed25519 AAAA"), "{line}");
        assert!(line.ends_with(" containai"), "{line}");
        Ok(())
    }

    #[test]
    fn debug_hides_the_key() -> Result {
        let pair = KeyPair::generate()?;
        let shown = format!("{pair:?}");
        assert!(shown.contains("SHA256:"), "{shown}");
        assert!(shown.len() < 100, "{shown}");
        Ok(())
    }

    #[test]
    fn reports_why_a_key_is_unusable() -> Result {
        let reason = |text: &str| KeyPair::parse(text).map_err(|error| error.to_string()).err();
        assert!(reason("").is_some());
        assert!(reason("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n").is_some());
        Ok(())
    }
}
