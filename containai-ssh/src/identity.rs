//! A private key and its file.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use containai_core::remote::RemoteError;

use crate::key::KeyPair;

/// The client's identity: a private key, and its file for error messages.
///
/// `Debug` prints the fingerprint only.
#[derive(Clone, Debug)]
pub struct SshIdentity {
    pub(crate) pair: KeyPair,
    pub(crate) path: PathBuf,
}

impl SshIdentity {
    /// Reads a private key of the user.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::Read`] with the path of the file.
    /// - [`RemoteError::InvalidIdentity`] unless it is an ed25519 key in
    ///   OpenSSH's format without a passphrase, readable by its owner only.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, RemoteError> {
        let path = path.into();
        let bad = |reason| RemoteError::InvalidIdentity { path: path.clone(), reason };
        let (text, mode) = text_and_mode(&path)
            .map_err(|source| RemoteError::Read { path: path.clone(), source })?;
        if mode & 0o077 != 0 {
            return Err(bad(format!(
                "other users can access it: its mode is {:04o}",
                mode & 0o7777
            )));
        }
        let pair = KeyPair::parse(&text).map_err(|error| bad(error.to_string()))?;
        Ok(Self { pair, path })
    }

    /// Returns the key pair.
    #[must_use]
    pub fn pair(&self) -> &KeyPair {
        &self.pair
    }
}

fn text_and_mode(path: &Path) -> std::io::Result<(String, u32)> {
    let mode = std::fs::metadata(path)?.permissions().mode();
    Ok((std::fs::read_to_string(path)?, mode))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn accepts_only_a_key_in_a_private_file() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("key");
        let read = || SshIdentity::read(&path).map_err(|error| error.to_string()).err();
        let shown = format!("cannot read `{}`", path.display());
        assert_eq!(read(), Some(shown));

        let pair = KeyPair::generate()?;
        std::fs::write(&path, pair.private_text()?.as_ref())?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o640))?;
        let said = read().unwrap_or_default();
        assert!(said.ends_with("other users can access it: its mode is 0640"), "{said}");

        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        assert_eq!(SshIdentity::read(&path)?.pair().public_line()?, pair.public_line()?);

        std::fs::write(&path, "no key\n")?;
        assert!(matches!(SshIdentity::read(&path), Err(RemoteError::InvalidIdentity { .. })));
        Ok(())
    }
}
