//! The files of the user's ContainAI key pair.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::remote::RemoteError;

use super::{atomic, failure};
use crate::identity::Identity;
use crate::key::{KeyError, KeyPair};

/// Reads the key pair, or creates it if it is missing.
///
/// An existing key is never overwritten, because containers that authorize it
/// would become inaccessible. The key file is created atomically, so concurrent
/// processes all use the key of the first one.
pub(crate) fn identity(layout: &Layout) -> Result<Identity, RemoteError> {
    let path = layout.identity();
    let pair = match load(&path)? {
        Some(pair) => pair,
        None => make(layout, &path)?,
    };
    let public_path = layout.identity_public();
    let line = pair.public_line().map_err(bad(&path))? + "\n";
    atomic::replace_if_different(&public_path, line.as_bytes(), 0o644)
        .map_err(failure::write(&public_path))?;
    Ok(Identity { pair, path })
}

fn make(layout: &Layout, path: &Path) -> Result<KeyPair, RemoteError> {
    let dir = layout.config_dir();
    atomic::own_dir(dir).map_err(failure::write(dir))?;
    let text = KeyPair::generate().and_then(|pair| pair.private_text()).map_err(bad(path))?;
    atomic::create(path, text.as_ref().as_bytes(), atomic::PRIVATE)
        .map_err(failure::write(path))?;
    // Read again, because the key may be another process's.
    load(path)?.ok_or_else(|| failure::read(path)(ErrorKind::NotFound.into()))
}

/// Reads the key, if any, and removes the permissions of other users.
fn load(path: &Path) -> Result<Option<KeyPair>, RemoteError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    let pair = KeyPair::parse(&text).map_err(bad(path))?;
    tighten(path).map_err(failure::write(path))?;
    Ok(Some(pair))
}

/// OpenSSH refuses a key that other users may read.
fn tighten(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(atomic::PRIVATE))
}

fn unreadable(path: &Path, error: &io::Error) -> RemoteError {
    RemoteError::BadKey { path: path.to_owned(), reason: error.to_string() }
}

fn bad(path: &Path) -> impl Fn(KeyError) -> RemoteError {
    move |error| RemoteError::BadKey { path: path.to_owned(), reason: error.to_string() }
}
