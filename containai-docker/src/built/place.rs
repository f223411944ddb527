//! Where a build finds its files.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

/// A directory below another one, and not elsewhere whatever links say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContextPlace {
    /// The directory that is trusted to be where it is, such as a workspace.
    pub root: PathBuf,
    /// The path below it; empty for the directory itself.
    pub below: String,
}

impl ContextPlace {
    /// A directory itself.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), below: String::new() }
    }

    /// Opens it. Below the root no link is followed.
    pub(super) fn open(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, &self.root, flags, Mode::empty())?;
        if self.below.is_empty() {
            return Ok(root);
        }
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        loop {
            match openat2(&root, self.below.as_str(), flags, Mode::empty(), resolve) {
                // Something was renamed meanwhile, openat2(2).
                Err(Errno::AGAIN) => {}
                outcome => return Ok(outcome?),
            }
        }
    }
}
