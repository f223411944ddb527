//! How far a copy is, for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what a copy has done. One side counts, any number of others look.
#[derive(Debug, Default)]
pub struct Meter {
    bytes: AtomicU64,
    total: AtomicU64,
    files: AtomicU64,
}

/// What a [`Meter`] shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reading {
    /// Bytes of content that were copied, or found to be there already.
    pub bytes: u64,
    /// Bytes of all single files seen up to now; of trees nobody knows before.
    pub total: u64,
    /// Files, directories and links of trees.
    pub files: u64,
}

impl Meter {
    /// What it shows now.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading {
            bytes: self.bytes.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            files: self.files.load(Ordering::Relaxed),
        }
    }

    pub(super) fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }
}
