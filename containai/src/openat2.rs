//! Opening files in directories that a container can change, openat2(2).
//!
//! The kernel resolves the whole path, so that replacing a component with a symbolic link between
//! a check and its use has no effect.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Flags that open a directory for reading.
pub(crate) const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Flags that open a file for reading. `O_NONBLOCK` opens a pipe without waiting for a writer.
pub(crate) const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// Flags that create a file for writing, which must not exist.
pub(crate) const CREATE_NEW: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// The treatment of symbolic links below a directory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FollowLinks {
    /// Follow links that stay in the directory, such as a workspace.
    WithinWorkspace,
    /// Refuse all links.
    Never,
}

/// Opens `path`, which is relative to `directory` and must not leave it.
///
/// # Errors
///
/// `ELOOP` for a symbolic link that is not followed, `EXDEV` for a path that leaves the directory.
pub(crate) fn open_beneath(
    directory: impl AsFd,
    path: &Path,
    flags: OFlags,
    mode: Mode,
    links: FollowLinks,
) -> Result<OwnedFd, Errno> {
    let resolve = match links {
        FollowLinks::WithinWorkspace => ResolveFlags::BENEATH,
        FollowLinks::Never => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
    };
    openat2(directory, path, flags, mode, resolve)
}

/// Opens an absolute path that contains no symbolic link.
///
/// # Errors
///
/// `ELOOP` for a symbolic link.
pub(crate) fn open_without_links(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
}

fn openat2(
    directory: impl AsFd,
    path: &Path,
    flags: OFlags,
    mode: Mode,
    resolve: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    let resolve = resolve | ResolveFlags::NO_MAGICLINKS;
    loop {
        match rustix::fs::openat2(directory.as_fd(), path, flags, mode, resolve) {
            // A component was renamed during the resolution.
            Err(Errno::AGAIN) => {}
            outcome => return outcome,
        }
    }
}

/// Reads a file of at most `limit` bytes; `None` if it is longer.
///
/// # Errors
///
/// The file cannot be read.
pub(crate) fn read_at_most(file: File, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
