//! Host keys of containers.

use std::fmt;

/// A public host key in OpenSSH's format, without its comment: `ssh-ed25519 AAAA…`.
///
/// The text comes from inside the container and is untrusted: only one line of an
/// algorithm name and base64 is accepted, so that it can be written to a `known_hosts`
/// file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct HostKey(String);

/// The text is not a public key in OpenSSH's format.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an ed25519 public key in OpenSSH format")]
pub struct HostKeyError;

/// The length of an ed25519 public key blob of 51 bytes in base64.
const BLOB_LENGTH: usize = 68;
/// The constant beginning of the blob in base64: the length and the name of the
/// algorithm.
const BLOB_PREFIX: &str = "AAAAC3NzaC1lZDI1NTE5AAAAI";

impl HostKey {
    /// Parses a public key file or line; the comment is dropped.
    ///
    /// # Errors
    ///
    /// [`HostKeyError`] unless it is exactly one ed25519 key.
    pub fn parse(text: &str) -> Result<Self, HostKeyError> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let mut words = line.split(' ');
        let (Some("ssh-ed25519"), Some(blob)) = (words.next(), words.next()) else {
            return Err(HostKeyError);
        };
        let is_blob = blob.len() == BLOB_LENGTH
            && blob.starts_with(BLOB_PREFIX)
            && blob.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        if !is_blob || line.contains(|c: char| c.is_control()) {
            return Err(HostKeyError);
        }
        Ok(Self(format!("ssh-ed25519 {blob}")))
    }
}

impl AsRef<str> for HostKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvD4Rr1dHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";

    #[test]
    fn comment_is_dropped() {
        let parsed = HostKey::parse(&format!("{KEY} root@box\n"));
        assert_eq!(parsed.as_ref().map(AsRef::as_ref), Ok(KEY));
    }

    #[test]
    fn hostile_text_is_refused() {
        for text in [
            "",
            "ssh-rsa AAAA",
            "ssh-ed25519 ",
            "ssh-ed25519 AAAA",
            &format!("{KEY}\n[127.0.0.1]:22 {KEY}"),
            &format!("{KEY}\r"),
            &format!("@cert-authority * {KEY}"),
            &KEY.replace('B', "\t"),
        ] {
            assert_eq!(HostKey::parse(text), Err(HostKeyError), "{text:?}");
        }
    }
}
