//! The files of the user's ContainAI key pair.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::remote::RemoteError;

use super::{atomic, io_error};
use crate::identity::SshIdentity;
use crate::key::{KeyError, KeyPair};

/// Reads the key pair, or creates it if it is missing.
///
/// An existing key is never overwritten, because containers that authorize it
/// would become inaccessible. The key file is created atomically, so concurrent
/// processes all use the key of the first one.
pub(crate) fn load_or_create_identity(layout: &Layout) -> Result<SshIdentity, RemoteError> {
    let path = layout.identity();
    let pair = match load(&path)? {
        Some(pair) => pair,
        None => create(layout, &path)?,
    };
    let public_path = layout.identity_public();
    let line = pair.public_line().map_err(invalid(&path))? + "\n";
    atomic::replace_if_different(&public_path, line.as_bytes(), 0o644)
        .map_err(io_error::cannot_write(&public_path))?;
    Ok(SshIdentity { pair, path })
}

fn create(layout: &Layout, path: &Path) -> Result<KeyPair, RemoteError> {
    let dir = layout.config_dir();
    atomic::ensure_private_dir(dir).map_err(io_error::cannot_write(dir))?;
    let text = KeyPair::generate().and_then(|pair| pair.private_text()).map_err(invalid(path))?;
    atomic::create(path, text.as_ref().as_bytes(), atomic::PRIVATE_MODE)
        .map_err(io_error::cannot_write(path))?;
    // Read again, because the key may be another process's.
    load(path)?.ok_or_else(|| io_error::cannot_read(path)(ErrorKind::NotFound.into()))
}

/// Reads the key, if any, and removes the permissions of other users.
fn load(path: &Path) -> Result<Option<KeyPair>, RemoteError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    let pair = KeyPair::parse(&text).map_err(invalid(path))?;
    restrict_mode(path).map_err(io_error::cannot_write(path))?;
    Ok(Some(pair))
}

/// OpenSSH refuses a key that other users may read.
fn restrict_mode(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(atomic::PRIVATE_MODE))
}

fn unreadable(path: &Path, error: &io::Error) -> RemoteError {
    RemoteError::InvalidKey { path: path.to_owned(), reason: error.to_string() }
}

fn invalid(path: &Path) -> impl Fn(KeyError) -> RemoteError {
    move |error| RemoteError::InvalidKey { path: path.to_owned(), reason: error.to_string() }
}
