//! Kinds of files, and the attributes that a copy keeps.

use containai_core::archive::FileTime;
use rustix::fs::{FileType, Stat};

/// The kind of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileKind {
    File,
    Directory,
    Link,
    /// A device, pipe or socket, which is never copied.
    Special,
}

impl FileKind {
    /// Converts the `st_mode` of stat(2), which is the same on both sides.
    pub(super) fn of_mode(mode: u32) -> Self {
        match FileType::from_raw_mode(mode) {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            _ => Self::Special,
        }
    }
}

/// The attributes that a copy keeps of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct FileAttributes {
    /// The permissions: nine bits.
    pub(super) mode: u32,
    /// The time of the last modification.
    pub(super) modified: FileTime,
}

impl FileAttributes {
    pub(super) fn new(mode: u32, modified: FileTime) -> Self {
        Self { mode: mode & 0o777, modified }
    }

    pub(super) fn of(stat: &Stat) -> Self {
        let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
        let modified = FileTime { seconds: stat.st_mtime, nanoseconds };
        Self::new(stat.st_mode, modified)
    }
}
