//! The user's `~/.ssh/config`.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use containai_core::layout::Layout;
use containai_core::remote::RemoteError;
use nix::unistd::{Gid, Uid, User};

use super::{atomic, io_error};
use crate::include;

/// Adds the `Include` line to the user's configuration, if it is missing.
pub(crate) fn write_include(layout: &Layout) -> Result<(), RemoteError> {
    let path = layout.ssh_config();
    let (dir, files) = (layout.ssh_dir(), layout.ssh_include_dir());
    atomic::create_private_dir(&dir).map_err(io_error::cannot_write(&dir))?;
    atomic::ensure_private_dir(&files).map_err(io_error::cannot_write(&files))?;
    match with_include(layout)? {
        None => Ok(()),
        Some(text) => write(&path, &text).map_err(io_error::cannot_write(&path)),
    }
}

/// Whether the user's configuration has the `Include` line.
pub(crate) fn has_include(layout: &Layout) -> Result<bool, RemoteError> {
    Ok(with_include(layout)?.is_none())
}

/// Returns the configuration with the `Include` line; `None` if it has that
/// already.
fn with_include(layout: &Layout) -> Result<Option<String>, RemoteError> {
    let path = layout.ssh_config();
    let config = match std::fs::read_to_string(&path) {
        Ok(config) => config,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io_error::cannot_read(&path)(error)),
    };
    let pattern = pattern(layout).map_err(io_error::cannot_write(&path))?;
    Ok(include::add(&config, &pattern))
}

/// OpenSSH expands `~` from the password database and ignores `HOME`.
fn pattern(layout: &Layout) -> io::Result<String> {
    let user = User::from_uid(Uid::current())?;
    if user.is_none_or(|user| user.dir == layout.home()) {
        return Ok(include::PATTERN.to_owned());
    }
    include::pattern_below(&layout.ssh_include_dir())
        .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))
}

/// Replaces the file that the path resolves to, because dotfiles are often
/// symbolic links. Mode and owner are kept.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let target = resolve_symlinks(path)?;
    let old = match std::fs::metadata(&target) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mode = old.as_ref().map_or(atomic::PRIVATE_MODE, |old| old.permissions().mode() & 0o7777);
    atomic::replace(&target, text.as_bytes(), mode)?;
    if let Some(old) = old.filter(|old| old.uid() != Uid::effective().as_raw()) {
        let (uid, gid) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
        nix::unistd::chown(&target, Some(uid), Some(gid))?;
    }
    Ok(())
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
