//! Size limits of archives.

use std::io;

use super::directory::Directory;

/// The space that is left free on a disk.
const RESERVED_BYTES: u64 = 64 << 20;
/// An upper bound for the number of files in one copy.
const MAX_ENTRIES: u64 = 4_000_000;

/// The size limits of an archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ArchiveLimits {
    /// The total size of the content in bytes, as announced by the archive.
    pub bytes: u64,
    /// The number of files, directories and links.
    pub entries: u64,
}

impl ArchiveLimits {
    /// Returns the available space of the directory's disk without a reserve of
    /// 64 MiB, and at most four million files.
    ///
    /// # Errors
    ///
    /// Those of statvfs(3).
    pub fn of(directory: &Directory) -> io::Result<Self> {
        let disk = rustix::fs::fstatvfs(directory)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // File systems without a fixed number of inodes report zero.
        let entries = if disk.f_files == 0 { MAX_ENTRIES } else { disk.f_favail.min(MAX_ENTRIES) };
        Ok(Self { bytes: free.saturating_sub(RESERVED_BYTES), entries })
    }
}
