//! A directory of a repository that a container may write, held open.
//!
//! Whoever writes `.git` chooses what stands there, and may change it at any
//! moment. So every path goes from an open directory, no symbolic link in it is
//! followed, and no file that exists is written to: a new one is made under the
//! name of git's lock, and renamed.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::error::GitFilesError;

/// A directory, held open, and the path that it was opened by.
#[derive(Debug)]
pub(crate) struct GitDirectory {
    fd: OwnedFd,
    path: PathBuf,
}

impl GitDirectory {
    /// Opens an absolute path that has no links.
    pub(crate) fn open(path: &Path) -> Result<Self, GitFilesError> {
        let how = ResolveFlags::NO_SYMLINKS;
        let fd = openat2(CWD, path, DIRECTORY, Mode::empty(), how)
            .map_err(|errno| GitFilesError::from_errno(path, errno))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a path that may have links, to read in it.
    pub(crate) fn follow(path: &Path) -> Result<Self, GitFilesError> {
        let fd = rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty())
            .map_err(|errno| GitFilesError::from_errno(path, errno))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Where it was when it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same directory a second time.
    pub(crate) fn reopen(&self) -> io::Result<Self> {
        Ok(Self { fd: self.fd.try_clone()?, path: self.path.clone() })
    }

    /// A directory below this one; `None` where nothing stands.
    pub(crate) fn child(&self, path: impl AsRef<Path>) -> Result<Option<Self>, GitFilesError> {
        let path = path.as_ref();
        match self.openat2(path, DIRECTORY, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, path: self.path.join(path) })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.error_at(path, errno)),
        }
    }

    /// A directory in this one, which is made unless it is there.
    pub(crate) fn ensure_child(&self, name: &str) -> Result<Self, GitFilesError> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(self.error_at(name, errno)),
        }
        self.child(name)?.ok_or_else(|| self.error_at(name, Errno::NOENT))
    }

    /// A directory in this one that was not there; `None` where something has
    /// the name.
    pub(crate) fn create_child(&self, name: &str) -> Result<Option<Self>, GitFilesError> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => self.child(name),
            Err(Errno::EXIST) => Ok(None),
            Err(errno) => Err(self.error_at(name, errno)),
        }
    }

    /// Opens a regular file; `None` where nothing stands.
    pub(crate) fn file(&self, path: impl AsRef<Path>) -> Result<Option<File>, GitFilesError> {
        let path = path.as_ref();
        // A pipe is opened without waiting for its other end.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match self.openat2(path, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(errno) => return Err(self.error_at(path, errno)),
        };
        match file.metadata() {
            Ok(it) if it.is_file() => Ok(Some(file)),
            Ok(_) => Err(GitFilesError::NotAFile(self.path.join(path))),
            Err(source) => Err(GitFilesError::Io { path: self.path.join(path), source }),
        }
    }

    /// Reads a text of at most `most` bytes; `None` where nothing stands, or a
    /// directory.
    pub(crate) fn text(
        &self,
        path: impl AsRef<Path>,
        most: u64,
    ) -> Result<Option<String>, GitFilesError> {
        let path = path.as_ref();
        let Some(file) = self.file(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let read = file.take(most + 1).read_to_end(&mut bytes);
        let shown = || self.path.join(path);
        read.map_err(|source| GitFilesError::Io { path: shown(), source })?;
        match String::from_utf8(bytes) {
            Ok(text) if text.len() as u64 <= most => Ok(Some(text)),
            _ => Err(GitFilesError::NotText(shown())),
        }
    }

    /// Gives a file this content: writes `NAME.lock`, as git does, and renames
    /// it. Whatever had the name is replaced, a link itself and not its target.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), GitFilesError> {
        let lock = format!("{name}.lock");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file = match self.openat2(&lock, flags, Mode::from_raw_mode(0o666)) {
            Ok(fd) => File::from(fd),
            Err(Errno::EXIST) => return Err(GitFilesError::Locked(self.path.join(lock))),
            Err(errno) => return Err(self.error_at(&lock, errno)),
        };
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        let renamed = written.and_then(|()| Ok(self.rename(&lock, name)?));
        renamed.map_err(|source| {
            self.remove(&lock);
            GitFilesError::Io { path: self.path.join(name), source }
        })
    }

    /// Makes a file that is not there yet, for one reader that finds all of it.
    pub(crate) fn create(&self, name: &str) -> Result<File, GitFilesError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let fd = self.openat2(name, flags, Mode::from_raw_mode(0o666));
        fd.map(File::from).map_err(|errno| self.error_at(name, errno))
    }

    /// Renames within the directory.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        rustix::fs::renameat(&self.fd, from, &self.fd, to)
    }

    /// Removes a file or a link; that it is not there does not matter.
    pub(crate) fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// Removes a directory that is empty.
    pub(crate) fn remove_directory(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR);
    }

    /// Whether anything has this name, a link included.
    pub(crate) fn has(&self, name: &str) -> bool {
        rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// The names in it that are text.
    pub(crate) fn names(&self) -> Result<Vec<String>, GitFilesError> {
        let failed = |errno| GitFilesError::from_errno(&self.path, errno);
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(self.fd.as_fd()).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            match entry.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        Ok(names)
    }

    fn openat2(&self, path: impl AsRef<Path>, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        openat2(self.fd.as_fd(), path.as_ref(), flags, mode, how)
    }

    fn error_at(&self, path: impl AsRef<Path>, errno: Errno) -> GitFilesError {
        GitFilesError::from_errno(&self.path.join(path), errno)
    }
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

fn openat2(
    at: std::os::fd::BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
    mode: Mode,
    how: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    loop {
        match rustix::fs::openat2(at, path, flags, mode, how | ResolveFlags::NO_MAGICLINKS) {
            // Something was renamed meanwhile, openat2(2).
            Err(Errno::AGAIN) => {}
            outcome => return outcome,
        }
    }
}
