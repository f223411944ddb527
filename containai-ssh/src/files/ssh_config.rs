//! The user's `~/.ssh/config`.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use containai_core::layout::Layout;
use containai_core::remote::RemoteError;
use nix::unistd::{Uid, User};

use super::{atomic, io_error};
use crate::include;

/// The write permission of a file's owner.
const OWNER_WRITE: u32 = 0o200;

/// The `Include` line in the user's configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IncludeState {
    /// It is the first directive, as [`write_include`](crate::SshRemote::write_include)
    /// writes it.
    First,
    /// OpenSSH reads it for every host, after other directives of the user.
    Later,
    /// It is missing, or in a block for some hosts only.
    Missing,
}

/// Adds the `Include` line to the user's configuration, or moves it to the
/// beginning.
pub(crate) fn write_include(layout: &Layout) -> Result<(), RemoteError> {
    let path = layout.ssh_config();
    let (dir, files) = (layout.ssh_dir(), layout.ssh_include_dir());
    atomic::create_private_dir(&dir).map_err(io_error::cannot_write(&dir))?;
    atomic::ensure_private_dir(&files).map_err(io_error::cannot_write(&files))?;
    match include::add(&read(&path)?, &pattern(layout)?) {
        None => Ok(()),
        Some(text) => write(&path, &text).map_err(io_error::cannot_write(&path)),
    }
}

/// Finds the `Include` line in the user's configuration.
pub(crate) fn include_state(layout: &Layout) -> Result<IncludeState, RemoteError> {
    let (config, pattern) = (read(&layout.ssh_config())?, pattern(layout)?);
    Ok(match include::add(&config, &pattern) {
        None => IncludeState::First,
        Some(_) if include::is_read(&config, &pattern) => IncludeState::Later,
        Some(_) => IncludeState::Missing,
    })
}

/// Returns the `Include` line for this home directory.
pub(crate) fn include_line(layout: &Layout) -> Result<String, RemoteError> {
    Ok(include::line(&pattern(layout)?))
}

fn read(path: &Path) -> Result<Vec<u8>, RemoteError> {
    let read = match std::fs::metadata(path) {
        Ok(status) if !status.is_file() => Err(io::Error::other("it is not a regular file")),
        Ok(_) => std::fs::read(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    read.map_err(io_error::cannot_read(path))
}

/// OpenSSH expands `~` from the password database and ignores `HOME`.
fn pattern(layout: &Layout) -> Result<String, RemoteError> {
    let path = layout.ssh_config();
    let cannot_write = io_error::cannot_write(&path);
    let user = User::from_uid(Uid::current()).map_err(|errno| cannot_write(errno.into()))?;
    if user.is_none_or(|user| user.dir == layout.home()) {
        return Ok(include::PATTERN.to_owned());
    }
    include::pattern_below(&layout.ssh_include_dir())
        .map_err(|error| cannot_write(io::Error::new(ErrorKind::InvalidInput, error)))
}

/// Replaces the file that the path resolves to, because dotfiles are often
/// symbolic links. Mode and owner are kept.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let target = resolve_symlinks(path)?;
    match std::fs::metadata(&target) {
        Ok(old) => atomic::replace_like(&target, text, &writable(old)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            atomic::replace(&target, text, atomic::PRIVATE_MODE)
        }
        Err(error) => Err(error),
    }
}

/// Refuses a file that its owner has made read-only. The system would let root
/// write it.
fn writable(status: Metadata) -> io::Result<Metadata> {
    match status.permissions().mode() & OWNER_WRITE {
        0 => Err(io::Error::new(ErrorKind::PermissionDenied, "it is read-only")),
        _ => Ok(status),
    }
}

/// Resolves a chain of symbolic links, whose target may be missing.
fn resolve_symlinks(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    // The limit of Linux (path_resolution(7)).
    for _ in 0..40 {
        let Ok(next) = std::fs::read_link(&target) else {
            return Ok(target);
        };
        target = target.parent().unwrap_or(Path::new("/")).join(next);
    }
    Err(io::Error::other("too many levels of symbolic links"))
}
