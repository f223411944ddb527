//! Atomic creation and replacement of files.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind};

use rustix::fs::OFlags;

use super::directory::{Directory, dress, unused_name};
use super::file_kind::Attributes;

/// A file being written, which is removed on drop unless it is committed.
pub(super) struct NewFile<'a> {
    directory: &'a Directory,
    name: &'a OsStr,
    /// The temporary name, if it replaces another file.
    aside: Option<OsString>,
    is_kept: bool,
    pub(super) file: File,
}

impl<'a> NewFile<'a> {
    /// Creates an empty file that only its owner can read. An existing file of
    /// this name is kept until the new one is complete.
    pub(super) fn create(directory: &'a Directory, name: &'a OsStr) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let (aside, file) = match directory.open_file(name, flags) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let aside = unused_name();
                let file = directory.open_file(&aside, flags)?;
                (Some(aside), file)
            }
            file => (None, file?),
        };
        Ok(Self { directory, name, aside, is_kept: false, file })
    }

    /// Sets mode and time, and replaces the existing file.
    pub(super) fn keep(mut self, attributes: Attributes) -> io::Result<()> {
        dress(&self.file, attributes)?;
        if let Some(aside) = &self.aside {
            self.directory.rename(aside, self.name)?;
        }
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            self.directory.remove(self.aside.as_deref().unwrap_or(self.name));
        }
    }
}
