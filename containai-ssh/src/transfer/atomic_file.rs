//! Atomic creation and replacement of files.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind};

use rustix::fs::OFlags;

use super::directory::{Directory, set_attributes, temp_name};
use super::file_kind::FileAttributes;

/// A file being written, which is removed on drop unless it is committed.
pub(super) struct AtomicFile<'a> {
    directory: &'a Directory,
    name: &'a OsStr,
    /// The temporary name, if it replaces another file.
    temp_name: Option<OsString>,
    is_committed: bool,
    pub(super) file: File,
}

impl<'a> AtomicFile<'a> {
    /// Creates an empty file that only its owner can read. An existing file of
    /// this name is kept until the new one is complete.
    pub(super) fn create(directory: &'a Directory, name: &'a OsStr) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let (aside, file) = match directory.open_file(name, flags) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let aside = temp_name();
                let file = directory.open_file(&aside, flags)?;
                (Some(aside), file)
            }
            file => (None, file?),
        };
        Ok(Self { directory, name, temp_name: aside, is_committed: false, file })
    }

    /// Sets mode and time, and replaces the existing file.
    pub(super) fn commit(mut self, attributes: FileAttributes) -> io::Result<()> {
        set_attributes(&self.file, attributes)?;
        if let Some(aside) = &self.temp_name {
            self.directory.rename(aside, self.name)?;
        }
        self.is_committed = true;
        Ok(())
    }
}

impl Drop for AtomicFile<'_> {
    fn drop(&mut self) {
        if !self.is_committed {
            self.directory.remove_file(self.temp_name.as_deref().unwrap_or(self.name));
        }
    }
}
