//! The home directory that files are imported from.

use containai_core::import::FileStat;
use containai_ssh::transfer::{Directory, ScanEntry};

/// The size limit for git configurations, rewritten files and overrides, in bytes.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// The home directory that files are imported from.
#[derive(Clone, Copy)]
pub(crate) struct HomeDirectory<'a> {
    /// The open directory.
    pub(crate) root: &'a Directory,
    /// Its path.
    pub(crate) path: &'a str,
    /// The workspace that the import is for, if it is known.
    pub(crate) workspace: Option<&'a str>,
}

/// Returns the metadata of an entry.
pub(super) fn file_stat(found: &ScanEntry) -> FileStat {
    FileStat {
        size: found.size,
        modified: found.modified,
        changed: found.changed,
        inode: found.inode,
    }
}
