//! How much an archive may hold.

use std::io;

use super::directory::Directory;

/// What a disk keeps free whatever is copied to it.
const RESERVE: u64 = 64 << 20;
/// More files than anybody copies at once.
const ENTRIES: u64 = 4_000_000;

/// How much an archive may hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes of content in all, by what the archive announces.
    pub bytes: u64,
    /// Files, directories and links.
    pub entries: u64,
}

impl Limits {
    /// What fits on the directory's disk, less a reserve of 64 MiB, and at most
    /// four million files.
    ///
    /// # Errors
    ///
    /// Those of statvfs(3).
    pub fn of(directory: &Directory) -> io::Result<Self> {
        let disk = rustix::fs::fstatvfs(directory)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // File systems without a fixed number of inodes report none at all.
        let entries = if disk.f_files == 0 { ENTRIES } else { disk.f_favail.min(ENTRIES) };
        Ok(Self { bytes: free.saturating_sub(RESERVE), entries })
    }
}
