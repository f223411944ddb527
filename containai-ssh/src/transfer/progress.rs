//! The progress of a copy.

use std::sync::atomic::{AtomicU64, Ordering};

/// The progress of a copy, updated by one side and read by any number of
/// others.
#[derive(Debug, Default)]
pub struct TransferProgress {
    bytes: AtomicU64,
    total: AtomicU64,
    files: AtomicU64,
}

/// The counts of a [`TransferProgress`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TransferCounts {
    /// Bytes of content that were copied, or found to exist already.
    pub bytes: u64,
    /// The total size of the single files so far; the size of trees is unknown
    /// in advance.
    pub total: u64,
    /// Files, directories and links of trees.
    pub files: u64,
}

impl TransferProgress {
    /// Returns the current counts.
    #[must_use]
    pub fn read(&self) -> TransferCounts {
        TransferCounts {
            bytes: self.bytes.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            files: self.files.load(Ordering::Relaxed),
        }
    }

    pub(super) fn add_total(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }
}
