//! A file that comes into being, or replaces another one as a whole.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind};

use rustix::fs::OFlags;

use super::directory::{Directory, dress, unused_name};
use super::file_kind::Attributes;

/// A file under way. It goes away with this value unless it is kept.
pub(super) struct NewFile<'a> {
    directory: &'a Directory,
    name: &'a OsStr,
    /// What it is called until it replaces another one.
    aside: Option<OsString>,
    is_kept: bool,
    pub(super) file: File,
}

impl<'a> NewFile<'a> {
    /// Makes an empty file that only its owner can read. What has the name
    /// already stays until the new one is complete.
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

    /// Gives it its mode, time and name.
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
