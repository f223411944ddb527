//! A generated file.

use std::path::PathBuf;

/// A generated file below the reference directory.
pub(super) struct ReferencePage {
    pub(super) path: PathBuf,
    pub(super) text: Vec<u8>,
}

impl ReferencePage {
    pub(super) fn new(path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}
