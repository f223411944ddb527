//! A directory that a container writes, read without following a link.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, openat2, statat};
use rustix::io::Errno;

/// More entries than this are no repository.
const MAX_ENTRIES: usize = 200_000;
/// Deeper than the longest name of a reference.
const MAX_DEPTH: usize = 64;

/// An open directory.
#[derive(Debug)]
pub(crate) struct UntrustedTree {
    root: OwnedFd,
}

/// Something in it, by its path below the directory.
#[derive(Debug)]
pub(super) struct UntrustedEntry {
    pub(crate) path: PathBuf,
    pub(crate) status: Stat,
}

impl UntrustedEntry {
    pub(crate) fn is_file(&self) -> bool {
        FileType::from_raw_mode(self.status.st_mode) == FileType::RegularFile
    }

    pub(crate) fn is_directory(&self) -> bool {
        FileType::from_raw_mode(self.status.st_mode) == FileType::Directory
    }

    /// The last component.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().and_then(|it| it.to_str()).unwrap_or_default()
    }
}

impl UntrustedTree {
    /// Opens the directory; `None` where there is none. The path itself is ours.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(root) => Ok(Some(Self { root })),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a regular file; `None` where none stands there.
    pub(crate) fn file(&self, path: &Path) -> io::Result<Option<File>> {
        // A pipe is opened without waiting for somebody at its other end.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let Some(file) = self.descend(path, flags)? else { return Ok(None) };
        let file = File::from(file);
        Ok(file.metadata()?.is_file().then_some(file))
    }

    /// Reads a regular file of at most `most` bytes; `None` where none stands
    /// there.
    pub(crate) fn text(&self, path: &Path, most: u64) -> io::Result<Option<String>> {
        let Some(file) = self.file(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::other(format!("`{}` is too long", path.display())));
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// What stands at a path; `None` for nothing.
    pub(crate) fn stat(&self, path: &Path) -> io::Result<Option<UntrustedEntry>> {
        let (parent, name) = (path.parent().unwrap_or(Path::new("")), path.file_name());
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let (Some(parent), Some(name)) = (self.descend(parent, flags)?, name) else {
            return Ok(None);
        };
        match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(status) => Ok(Some(UntrustedEntry { path: path.to_owned(), status })),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The entries of one directory, in no order; none where there is none.
    pub(crate) fn list(&self, path: &Path) -> io::Result<Vec<UntrustedEntry>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let Some(directory) = self.descend(path, flags)? else { return Ok(Vec::new()) };
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

    /// The entries of a directory and of all below it, directories first.
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

    fn descend(&self, path: &Path, flags: OFlags) -> io::Result<Option<OwnedFd>> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        loop {
            let opened = openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve);
            match opened {
                // Something was renamed meanwhile, openat2(2).
                Err(Errno::AGAIN) => {}
                // A link is nothing, and so is a socket.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO) => return Ok(None),
                opened => return Ok(Some(opened?)),
            }
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
        let place = tempfile::tempdir()?;
        let inside = place.path().join("own");
        fs::create_dir_all(inside.join("refs/heads/deep"))?;
        fs::write(place.path().join("secret"), "leaked")?;
        fs::write(inside.join("refs/heads/deep/main"), "text")?;
        symlink("../secret", inside.join("HEAD"))?;
        symlink(place.path(), inside.join("refs/heads/out"))?;
        nix::unistd::mkfifo(&inside.join("pipe"), nix::sys::stat::Mode::S_IRWXU)?;
        let tree = UntrustedTree::open(&inside)?.expect("a directory");
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
        symlink(place.path(), place.path().join("way"))?;
        assert!(UntrustedTree::open(&place.path().join("way"))?.is_none());
        Ok(())
    }
}
