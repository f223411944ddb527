//! Atomic file replacement and private directories.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use tempfile::NamedTempFile;

/// The mode of files that only their owner may read.
pub(crate) const PRIVATE_MODE: u32 = 0o600;

/// Replaces a file through a temporary one in the same directory.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    write_temp_file(path, content, mode)?.persist(path)?;
    Ok(())
}

/// Replaces a file and keeps its mode and its owner. Fails before the
/// replacement if the owner cannot be kept.
pub(super) fn replace_like(path: &Path, content: &[u8], old: &Metadata) -> io::Result<()> {
    let file = write_temp_file(path, content, old.permissions().mode() & 0o7777)?;
    if old.uid() != file.as_file().metadata()?.uid() {
        fchown(file.as_file(), Some(old.uid()), Some(old.gid()))?;
    }
    file.persist(path)?;
    Ok(())
}

/// Replaces a file unless it has that content already.
pub(super) fn replace_if_different(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    replace(path, content, mode)
}

/// Creates a file unless one exists. Of two concurrent writers, the first one
/// succeeds.
pub(super) fn create(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    match write_temp_file(path, content, mode)?.persist_noclobber(path) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// Creates a directory for its owner only, with its parents. An existing one
/// keeps its mode.
pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let dir = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    give_to_owner_of(path.parent().unwrap_or(Path::new("/")), &dir)
}

/// Creates a directory and removes the permissions of other users.
pub(crate) fn ensure_private_dir(path: &Path) -> io::Result<()> {
    create_private_dir(path)?;
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Gives a new file of root to the owner of its directory. With `sudo` and the
/// home directory of a user, that user could not read it otherwise, and OpenSSH
/// does not start if it cannot read an included file.
fn give_to_owner_of(dir: &Path, file: &File) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let owner = std::fs::metadata(dir)?;
    match owner.uid() {
        0 => Ok(()),
        uid => fchown(file, Some(uid), Some(owner.gid())),
    }
}

fn write_temp_file(path: &Path, content: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::Builder::new()
        .prefix(".containai-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(dir)
        // Without the name of the temporary file, which differs each time.
        .map_err(|error| io::Error::from(error.kind()))?;
    give_to_owner_of(dir, file.as_file())?;
    file.write_all(content)?;
    // The umask may have cleared bits of the mode.
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}
