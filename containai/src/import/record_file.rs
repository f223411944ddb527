//! The record of an import, on disk.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use containai_core::import::ImportRecord;

use crate::error::ResultExt as _;
use crate::private_file;

/// Reads the record; a missing one, or one of another version, is empty.
pub(crate) fn load(path: &Path) -> crate::Result<ImportRecord> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(ImportRecord::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    }
}

/// Writes the record atomically.
pub(crate) fn save(path: &Path, record: &ImportRecord) -> crate::Result<()> {
    private_file::write(path, &serde_json::to_string(record)?)
        .with_context(|| format!("cannot write `{}`", path.display()))
}
