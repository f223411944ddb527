//! The directory of a build context.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

/// A directory below a root, resolved without leaving it through links.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContextDir {
    /// The trusted root directory, such as a workspace.
    pub root: PathBuf,
    /// The path below the root; empty for the root itself.
    pub subpath: String,
}

impl ContextDir {
    /// Returns the root directory itself.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), subpath: String::new() }
    }

    /// Opens the directory. Links below the root are not followed.
    pub(crate) fn open(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, &self.root, flags, Mode::empty())?;
        if self.subpath.is_empty() {
            return Ok(root);
        }
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        loop {
            match openat2(&root, self.subpath.as_str(), flags, Mode::empty(), resolve) {
                // A path component was renamed meanwhile, openat2(2).
                Err(Errno::AGAIN) => {}
                outcome => return Ok(outcome?),
            }
        }
    }
}
