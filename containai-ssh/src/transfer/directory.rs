//! A local directory, held open so that it cannot be exchanged under its name.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use containai_core::archive::FileTime;
use rustix::fs::{
    AtFlags, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, fchmod, fstat, futimens,
    mkdirat, openat, readlinkat, renameat, statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;

use super::error::TransferError;
use super::file_kind::FileAttributes;
use super::resolve;

/// A local directory, held open.
#[derive(Debug)]
pub struct Directory {
    fd: OwnedFd,
    is_new: bool,
}

impl Directory {
    /// Opens a directory. Symbolic links in its path are followed, except for
    /// those inside of `boundaries`, absolute paths without links.
    ///
    /// # Errors
    ///
    /// - [`TransferError::UntrustedLink`]: there is such a link.
    /// - [`TransferError::Read`]: the directory cannot be opened.
    pub fn open(path: &Path, boundaries: &[PathBuf]) -> Result<Self, TransferError> {
        let real = resolve::resolve(path, boundaries)?;
        Self::open_resolved(&real)
            .map_err(|source| TransferError::Read { path: path.display().to_string(), source })
    }

    /// Opens a path without symbolic links; a link created meanwhile is an
    /// error. The parent directories may be unreadable.
    fn open_resolved(real: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | flags();
        let mut fd = openat(rustix::fs::CWD, "/", flags, Mode::empty())?;
        for component in real.components() {
            if let Component::Normal(name) = component {
                fd = openat(&fd, name, flags, Mode::empty())?;
            }
        }
        Ok(Self { fd, is_new: false })
    }

    /// Opens a subdirectory; a symbolic link is not followed.
    pub(super) fn open_dir(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self { fd: openat(&self.fd, name, flags(), Mode::empty())?, is_new: false })
    }

    /// Opens a nested directory through these names, without symbolic links;
    /// `None` if one of them is missing or not a directory.
    pub(super) fn descend(&self, names: &[&OsStr]) -> io::Result<Option<Self>> {
        let mut directory = Self { fd: self.fd.try_clone()?, is_new: false };
        for name in names {
            directory = match directory.open_dir(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) if is_link_or_not_dir(&error) => return Ok(None),
                child => child?,
            };
        }
        Ok(Some(directory))
    }

    /// Opens a subdirectory, and creates it if it is missing. A new one is
    /// private until [`set_attributes`](Self::set_attributes).
    pub(super) fn create_dir(&self, name: &OsStr) -> io::Result<Self> {
        let is_new = match mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { is_new, ..self.open_dir(name)? })
    }

    /// Whether this copy created the directory.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the attributes of an entry, without following links; `None` if
    /// there is none.
    pub(super) fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn stat_self(&self) -> io::Result<Stat> {
        Ok(fstat(&self.fd)?)
    }

    /// Opens a file in the directory. A symbolic link is not followed, and
    /// opening a pipe does not block.
    pub(super) fn open_file(&self, name: &OsStr, flags: OFlags) -> io::Result<std::fs::File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        Ok(openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    pub(super) fn read_link(&self, name: &OsStr) -> io::Result<OsString> {
        Ok(OsString::from_vec(readlinkat(&self.fd, name, Vec::new())?.into_bytes()))
    }

    /// Creates a symbolic link, in place of any file or link with its name.
    pub(super) fn replace_symlink(
        &self,
        name: &OsStr,
        to: &OsStr,
        moment: Option<FileTime>,
    ) -> io::Result<()> {
        match symlinkat(to, &self.fd, name) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                let aside = temp_name();
                symlinkat(to, &self.fd, &aside)?;
                if let Err(error) = self.rename(&aside, name) {
                    self.remove_file(&aside);
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

    /// Creates a symbolic link where nothing exists.
    pub(super) fn create_symlink(&self, name: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(symlinkat(to, &self.fd, name)?)
    }

    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes an empty directory.
    pub(super) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.fd, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes a file, which may be missing.
    pub(super) fn remove_file(&self, name: &OsStr) {
        let _ = unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// Sets the mode and time of the directory.
    pub(super) fn set_attributes(&self, attributes: FileAttributes) -> io::Result<()> {
        set_attributes(&self.fd, attributes)
    }

    /// Returns the names of the entries, sorted so that copies of a tree are
    /// reproducible.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        // A directory opened with `O_PATH` cannot be listed.
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

/// Sets the mode and then the time of an open file.
pub(super) fn set_attributes(fd: impl AsFd, attributes: FileAttributes) -> io::Result<()> {
    fchmod(&fd, Mode::from_raw_mode(attributes.mode))?;
    Ok(futimens(&fd, &timestamps(attributes.modified))?)
}

/// Returns an unused name; a process that guesses it can make one file fail.
pub(super) fn temp_name() -> OsString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(".cai-{}-{number}.new", std::process::id()).into()
}

/// Whether a path component is a symbolic link or another file instead of a
/// directory.
pub(super) fn is_link_or_not_dir(error: &io::Error) -> bool {
    [Errno::LOOP, Errno::NOTDIR]
        .map(|errno| Some(errno.raw_os_error()))
        .contains(&error.raw_os_error())
}

fn flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn timestamps(modified: FileTime) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec {
            tv_sec: modified.seconds,
            tv_nsec: i64::from(modified.nanoseconds),
        },
    }
}
