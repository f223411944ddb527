//! What was imported before, on disk.

use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::error::ResultExt as _;
use containai_core::import::ImportRecord;

/// Reads a record; none, or one of another version, is an empty one.
pub(super) fn load(path: &Path) -> crate::Result<ImportRecord> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(ImportRecord::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    }
}

/// Writes a record, whole or not at all; only its owner can read it.
pub(crate) fn save(path: &Path, record: &ImportRecord) -> crate::Result<()> {
    let context = || format!("cannot write `{}`", path.display());
    let directory = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(context)?;
    let mut file = tempfile::NamedTempFile::new_in(directory).with_context(context)?;
    let text = serde_json::to_vec(record)?;
    file.write_all(&text).with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}
