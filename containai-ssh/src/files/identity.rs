//! The files of our key pair.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use containai_core::layout::Layout;
use containai_core::remote::RemoteError;

use super::{atomic, failure};
use crate::identity::Identity;
use crate::key::{KeyError, KeyPair};

/// Reads our key pair; makes it when there is none.
///
/// A key that exists is never overwritten: containers that know it could not
/// be opened any more. The key takes its name in one step, so of two processes
/// that make one at once both use the one that came first.
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
    // Read back, because the key may be another process's.
    load(path)?.ok_or_else(|| failure::read(path)(ErrorKind::NotFound.into()))
}

/// Reads the key if there is one, and takes it away from other users.
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

/// OpenSSH refuses to use a key that others may read.
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
