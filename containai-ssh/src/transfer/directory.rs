//! A directory of this machine, held open, so that nobody can move another one
//! under its name.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use containai_core::archive::Moment;
use rustix::fs::{
    AtFlags, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, fchmod, fstat, futimens,
    mkdirat, openat, readlinkat, renameat, statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;

use super::error::TransferError;
use super::file_kind::Attributes;
use super::resolve;

/// A directory of this machine, held open.
#[derive(Debug)]
pub struct Directory {
    fd: OwnedFd,
    is_new: bool,
}

impl Directory {
    /// Opens a directory. Links in its path are followed, but none that is
    /// inside of one of `boundaries`, absolute paths without links.
    ///
    /// # Errors
    ///
    /// - [`TransferError::Link`]: there is such a link.
    /// - [`TransferError::Read`]: it does not open.
    pub fn open(path: &Path, boundaries: &[PathBuf]) -> Result<Self, TransferError> {
        let real = resolve::resolve(path, boundaries)?;
        Self::walk(&real)
            .map_err(|source| TransferError::Read { path: path.display().to_string(), source })
    }

    /// Opens a path that has no links; one that came meanwhile is an error.
    /// The way may lead through directories that we may not list.
    fn walk(real: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | flags();
        let mut fd = openat(rustix::fs::CWD, "/", flags, Mode::empty())?;
        for component in real.components() {
            if let Component::Normal(name) = component {
                fd = openat(&fd, name, flags, Mode::empty())?;
            }
        }
        Ok(Self { fd, is_new: false })
    }

    /// A directory in this one; a link is not followed.
    pub(super) fn child(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self { fd: openat(&self.fd, name, flags(), Mode::empty())?, is_new: false })
    }

    /// The directory that these names lead to, no link among them; `None` when
    /// one of them is missing or no directory.
    pub(super) fn descend(&self, names: &[&OsStr]) -> io::Result<Option<Self>> {
        let mut directory = Self { fd: self.fd.try_clone()?, is_new: false };
        for name in names {
            directory = match directory.child(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) if is_in_the_way(&error) => return Ok(None),
                child => child?,
            };
        }
        Ok(Some(directory))
    }

    /// A directory in this one, made unless it is there. A new one is private
    /// until [`dress`](Self::dress) gives it its mode.
    pub(super) fn make_child(&self, name: &OsStr) -> io::Result<Self> {
        let is_new = match mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { is_new, ..self.child(name)? })
    }

    /// Whether it was made by this copy.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// What is called so, links not followed; `None` when nothing is.
    pub(super) fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn own_stat(&self) -> io::Result<Stat> {
        Ok(fstat(&self.fd)?)
    }

    /// Opens a file in it. A link is not followed, and a pipe not waited for.
    pub(super) fn open_file(&self, name: &OsStr, flags: OFlags) -> io::Result<std::fs::File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        Ok(openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    pub(super) fn read_link(&self, name: &OsStr) -> io::Result<OsString> {
        Ok(OsString::from_vec(readlinkat(&self.fd, name, Vec::new())?.into_bytes()))
    }

    /// Makes a link, in place of whatever file or link has its name.
    pub(super) fn link(&self, name: &OsStr, to: &OsStr, moment: Option<Moment>) -> io::Result<()> {
        match symlinkat(to, &self.fd, name) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                let aside = unused_name();
                symlinkat(to, &self.fd, &aside)?;
                if let Err(error) = self.rename(&aside, name) {
                    self.remove(&aside);
                    return Err(error);
                }
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(moment) = moment {
            utimensat(&self.fd, name, &timestamps(moment), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// Makes a link where nothing is.
    pub(super) fn new_link(&self, name: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(symlinkat(to, &self.fd, name)?)
    }

    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes a directory that is empty.
    pub(super) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.fd, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes a file of ours; that it is gone already does not matter.
    pub(super) fn remove(&self, name: &OsStr) {
        let _ = unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// Gives the directory its mode and time.
    pub(super) fn dress(&self, attributes: Attributes) -> io::Result<()> {
        dress(&self.fd, attributes)
    }

    /// The names in it, sorted, so that two copies of one tree are alike.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        // What was opened only as a part of a path cannot be listed itself.
        let listed = openat(&self.fd, ".", flags(), Mode::empty())?;
        for entry in rustix::fs::Dir::new(listed)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if !matches!(name.as_slice(), b"." | b"..") {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Gives an open file its mode and time, the time last.
pub(super) fn dress(fd: impl AsFd, attributes: Attributes) -> io::Result<()> {
    fchmod(&fd, Mode::from_raw_mode(attributes.mode))?;
    Ok(futimens(&fd, &timestamps(attributes.modified))?)
}

/// A name that nothing has; whoever guesses it makes one file fail.
pub(super) fn unused_name() -> OsString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(".cai-{}-{number}.new", std::process::id()).into()
}

/// Whether something stands where a directory should: a link, or another file.
pub(super) fn is_in_the_way(error: &io::Error) -> bool {
    [Errno::LOOP, Errno::NOTDIR]
        .map(|errno| Some(errno.raw_os_error()))
        .contains(&error.raw_os_error())
}

fn flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn timestamps(modified: Moment) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec {
            tv_sec: modified.seconds,
            tv_nsec: i64::from(modified.nanoseconds),
        },
    }
}
