//! A partially downloaded file, kept to be resumed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{OFlags, fstat};
use sha2::{Digest as _, Sha256};

use super::directory::{Directory, set_attributes};
use super::file_kind::{FileAttributes, FileKind};

/// Returns the name of a partial file in the directory of the complete one. It
/// depends only on the file's name, so that the next attempt finds it.
pub(super) fn partial_name(name: &[u8]) -> OsString {
    format!(".cai-{}.part", &hex::encode(Sha256::digest(name))[..16]).into()
}

/// Returns the SHA-256 of the first `length` bytes of a file, which may be
/// shorter.
pub(super) fn sha256_prefix(file: &mut File, length: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut content = file.take(length);
    let mut buffer = vec![0; 256 << 10];
    let mut hash = Sha256::new();
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(hex::encode(hash.finalize())),
            Ok(length) => hash.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A local partial file, locked against other processes.
#[derive(Debug)]
pub(super) struct PartialFile {
    pub(super) file: File,
    name: OsString,
}

impl PartialFile {
    /// Opens or creates the partial file. Anything in its place other than a
    /// file with a single link was not created here, and is removed. `None` if
    /// another copy holds the lock.
    pub(super) fn open(directory: &Directory, name: &OsStr) -> io::Result<Option<Self>> {
        let name = partial_name(name.as_bytes());
        if let Some(stat) = directory.stat(&name)?
            && (FileKind::of_mode(stat.st_mode) != FileKind::File || stat.st_nlink != 1)
        {
            directory.remove_file(&name);
        }
        let file = directory.open_file(&name, OFlags::RDWR | OFlags::CREATE)?;
        if FileKind::of_mode(fstat(&file)?.st_mode) != FileKind::File {
            return Err(io::Error::other("the partial file was replaced meanwhile"));
        }
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file, name })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Returns the size so far.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Sets mode and time of the complete file, and gives it its name.
    pub(super) fn commit(
        self,
        directory: &Directory,
        name: &OsStr,
        attributes: FileAttributes,
    ) -> io::Result<()> {
        set_attributes(&self.file, attributes)?;
        directory.rename(&self.name, name)
    }

    /// Removes the file if it is empty, so that a copy that never started
    /// leaves nothing.
    pub(super) fn discard_if_empty(self, directory: &Directory) {
        if self.length().is_ok_and(|length| length == 0) {
            directory.remove_file(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    #[test]
    fn partial_names_are_short() {
        assert_eq!(partial_name(b"x"), ".cai-2d711642b726b044.part");
        assert_eq!(partial_name(&[b'a'; 255]).len(), 26);
    }

    #[test]
    fn planted_links_are_not_written_to() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let (secret, part) = (place.path().join("secret"), place.path().join(partial_name(b"x")));
        fs::write(&secret, "mine")?;
        let directory = Directory::open(place.path(), &[])?;
        let plants: [fn(&Path, &Path) -> io::Result<()>; 2] =
            [|from, to| symlink(from, to), |from, to| fs::hard_link(from, to)];
        for plant in plants {
            plant(&secret, &part)?;
            let opened = PartialFile::open(&directory, "x".as_ref())?.ok_or("it is busy")?;
            assert_eq!(opened.length()?, 0);
            assert!(PartialFile::open(&directory, "x".as_ref())?.is_none());
            opened.discard_if_empty(&directory);
            assert!(!part.exists());
        }
        assert_eq!(fs::read_to_string(&secret)?, "mine");
        Ok(())
    }
}
