//! Reading a directory that a container can change, without following symbolic links.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, statat};
use rustix::io::Errno;

use crate::openat2::{DIRECTORY, FollowLinks, READ, open_beneath, read_at_most};

/// The largest number of entries that are read.
const MAX_ENTRIES: usize = 200_000;
/// The largest depth, more than the longest name of a reference requires.
const MAX_DEPTH: usize = 64;

/// An open directory.
#[derive(Debug)]
pub(crate) struct UntrustedTree {
    root: OwnedFd,
}

/// An entry of the directory.
#[derive(Debug)]
pub(super) struct UntrustedEntry {
    /// The path, relative to the directory.
    pub(crate) path: PathBuf,
    /// The metadata; of a symbolic link itself.
    pub(crate) status: Stat,
}

impl UntrustedEntry {
    /// Returns whether the entry is a regular file.
    pub(crate) fn is_file(&self) -> bool {
        FileType::from_raw_mode(self.status.st_mode) == FileType::RegularFile
    }

    /// Returns whether the entry is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        FileType::from_raw_mode(self.status.st_mode) == FileType::Directory
    }

    /// Returns the last component; empty if it is not UTF-8.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().and_then(|it| it.to_str()).unwrap_or_default()
    }
}

impl UntrustedTree {
    /// Opens the directory; `None` if it does not exist. The path itself is trusted.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        match rustix::fs::open(path, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(root) => Ok(Some(Self { root })),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a regular file; `None` if there is none.
    pub(crate) fn file(&self, path: &Path) -> io::Result<Option<File>> {
        let Some(file) = self.open_beneath(path, READ)? else { return Ok(None) };
        let file = File::from(file);
        Ok(file.metadata()?.is_file().then_some(file))
    }

    /// Reads a regular file of at most `limit` bytes; `None` if there is none.
    pub(crate) fn text(&self, path: &Path, limit: u64) -> io::Result<Option<String>> {
        let Some(file) = self.file(path)? else { return Ok(None) };
        let bytes = read_at_most(file, limit)?
            .ok_or_else(|| io::Error::other(format!("`{}` is too long", path.display())))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Reads the metadata of an entry; `None` if it does not exist.
    pub(crate) fn stat(&self, path: &Path) -> io::Result<Option<UntrustedEntry>> {
        let (parent, name) = (path.parent().unwrap_or(Path::new("")), path.file_name());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let (Some(parent), Some(name)) = (self.open_beneath(parent, flags)?, name) else {
            return Ok(None);
        };
        match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) => Ok(Some(UntrustedEntry { path: path.to_owned(), status })),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists the entries of a directory, unordered; a missing directory has none.
    pub(crate) fn list(&self, path: &Path) -> io::Result<Vec<UntrustedEntry>> {
        let Some(directory) = self.open_beneath(path, DIRECTORY)? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if matches!(name, "." | "..") {
                continue;
            }
            match statat(directory.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(status) => entries.push(UntrustedEntry { path: path.join(name), status }),
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
            if entries.len() > MAX_ENTRIES {
                return Err(too_many_entries(path));
            }
        }
        Ok(entries)
    }

    /// Lists the entries of a directory and all directories below it; parents come first.
    pub(crate) fn walk(&self, path: &Path) -> io::Result<Vec<UntrustedEntry>> {
        let mut found = Vec::new();
        let mut pending = vec![path.to_owned()];
        while let Some(directory) = pending.pop() {
            for entry in self.list(&directory)? {
                if entry.is_directory() && entry.path.components().count() < MAX_DEPTH {
                    pending.push(entry.path.clone());
                }
                found.push(entry);
                if found.len() > MAX_ENTRIES {
                    return Err(too_many_entries(path));
                }
            }
        }
        Ok(found)
    }

    fn open_beneath(&self, path: &Path, flags: OFlags) -> io::Result<Option<OwnedFd>> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        match open_beneath(&self.root, path, flags, Mode::empty(), FollowLinks::Never) {
            // Symbolic links and sockets are ignored.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO) => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }
}

fn too_many_entries(path: &Path) -> io::Error {
    io::Error::other(format!("`{}` has too many entries", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_pipes_are_ignored() -> anyhow::Result<()> {
        let root = tempfile::tempdir()?;
        let directory = root.path().join("own");
        fs::create_dir_all(directory.join("refs/heads/deep"))?;
        fs::write(root.path().join("secret"), "leaked")?;
        fs::write(directory.join("refs/heads/deep/main"), "text")?;
        symlink("../secret", directory.join("HEAD"))?;
        symlink(root.path(), directory.join("refs/heads/out"))?;
        nix::unistd::mkfifo(&directory.join("pipe"), nix::sys::stat::Mode::S_IRWXU)?;
        let tree = UntrustedTree::open(&directory)?.expect("a directory");
        let read = |path: &str| tree.text(Path::new(path), 4);
        assert_eq!(read("refs/heads/deep/main")?.as_deref(), Some("text"));
        for path in ["HEAD", "refs/heads/out/secret", "pipe", "refs", "nothing"] {
            assert_eq!(read(path)?, None, "{path}");
        }
        assert!(read("../secret").is_err() || read("../secret")?.is_none());
        assert!(tree.text(Path::new("refs/heads/deep/main"), 3).is_err());
        let files: Vec<_> = tree
            .walk(Path::new(""))?
            .into_iter()
            .filter(UntrustedEntry::is_file)
            .map(|it| it.path)
            .collect();
        assert_eq!(files, [Path::new("refs/heads/deep/main")]);
        symlink(root.path(), root.path().join("link"))?;
        assert!(UntrustedTree::open(&root.path().join("link"))?.is_none());
        Ok(())
    }
}
