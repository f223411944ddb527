//! Directories of a repository that a container can change.
//!
//! The container can replace any file in `.git` at any time. Paths are therefore resolved relative
//! to open directories without following symbolic links, and existing files are never written: a
//! new file is created under the name of git's lock file, and renamed.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::error::GitFilesError;
use crate::openat2::{
    CREATE_NEW, DIRECTORY, FollowLinks, READ, open_beneath, open_without_links, read_at_most,
};

/// An open directory, and the path that it was opened by.
#[derive(Debug)]
pub(crate) struct GitDirectory {
    fd: OwnedFd,
    path: PathBuf,
}

impl GitDirectory {
    /// Opens an absolute path that contains no symbolic link.
    pub(crate) fn open(path: &Path) -> Result<Self, GitFilesError> {
        let fd = open_without_links(path, DIRECTORY)
            .map_err(|errno| GitFilesError::from_errno(path, errno))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a path for reading and follows symbolic links.
    pub(crate) fn follow(path: &Path) -> Result<Self, GitFilesError> {
        let fd = rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty())
            .map_err(|errno| GitFilesError::from_errno(path, errno))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Returns the path that the directory was opened by.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Duplicates the handle.
    pub(crate) fn reopen(&self) -> io::Result<Self> {
        Ok(Self { fd: self.fd.try_clone()?, path: self.path.clone() })
    }

    /// Opens a subdirectory; `None` if it does not exist.
    pub(crate) fn child(&self, path: impl AsRef<Path>) -> Result<Option<Self>, GitFilesError> {
        let path = path.as_ref();
        match self.open_beneath(path, DIRECTORY, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, path: self.path.join(path) })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.error_at(path, errno)),
        }
    }

    /// Opens a child directory, and creates it if it does not exist.
    pub(crate) fn ensure_child(&self, name: &str) -> Result<Self, GitFilesError> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(self.error_at(name, errno)),
        }
        self.child(name)?.ok_or_else(|| self.error_at(name, Errno::NOENT))
    }

    /// Creates a child directory; `None` if the name exists.
    pub(crate) fn create_child(&self, name: &str) -> Result<Option<Self>, GitFilesError> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o777)) {
            Ok(()) => self.child(name),
            Err(Errno::EXIST) => Ok(None),
            Err(errno) => Err(self.error_at(name, errno)),
        }
    }

    /// Opens a regular file; `None` if it does not exist.
    pub(crate) fn file(&self, path: impl AsRef<Path>) -> Result<Option<File>, GitFilesError> {
        let path = path.as_ref();
        let file = match self.open_beneath(path, READ, Mode::empty()) {
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

    /// Reads a text file of at most `limit` bytes; `None` if it does not exist.
    pub(crate) fn text(
        &self,
        path: impl AsRef<Path>,
        limit: u64,
    ) -> Result<Option<String>, GitFilesError> {
        let path = path.as_ref();
        let Some(file) = self.file(path)? else { return Ok(None) };
        let path = self.path.join(path);
        let bytes = match read_at_most(file, limit) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(GitFilesError::NotText(path)),
            Err(source) => return Err(GitFilesError::Io { path, source }),
        };
        String::from_utf8(bytes).map(Some).map_err(|_| GitFilesError::NotText(path))
    }

    /// Replaces the content of a file: writes `NAME.lock`, as git does, and renames it. A symbolic link
    /// is replaced itself, not its target.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), GitFilesError> {
        let lock = format!("{name}.lock");
        let mut file = match self.open_beneath(&lock, CREATE_NEW, Mode::from_raw_mode(0o666)) {
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

    /// Creates a file, which must not exist. It is visible before it is complete.
    pub(crate) fn create(&self, name: &str) -> Result<File, GitFilesError> {
        let fd = self.open_beneath(name, CREATE_NEW, Mode::from_raw_mode(0o666));
        fd.map(File::from).map_err(|errno| self.error_at(name, errno))
    }

    /// Renames an entry within the directory.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        rustix::fs::renameat(&self.fd, from, &self.fd, to)
    }

    /// Removes a file or symbolic link, and ignores errors.
    pub(crate) fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// Removes an empty directory, and ignores errors.
    pub(crate) fn remove_directory(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR);
    }

    /// Returns whether an entry with this name exists, including symbolic links.
    pub(crate) fn has(&self, name: &str) -> bool {
        rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Lists the names of entries that are UTF-8.
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

    fn open_beneath(
        &self,
        path: impl AsRef<Path>,
        flags: OFlags,
        mode: Mode,
    ) -> Result<OwnedFd, Errno> {
        open_beneath(&self.fd, path.as_ref(), flags, mode, FollowLinks::Never)
    }

    fn error_at(&self, path: impl AsRef<Path>, errno: Errno) -> GitFilesError {
        GitFilesError::from_errno(&self.path.join(path), errno)
    }
}
