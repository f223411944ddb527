//! The user's configuration file, changed under a lock.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::ResultExt as _;
use containai_core::config::ConfigFile;
use containai_core::layout::Layout;

use crate::report::Reporter;
use crate::{lock, private_file};

/// Changes the file under its lock, so that concurrent commands do not lose changes. The write is
/// atomic, with mode 0600; a symbolic link is kept. An unchanged file is not written.
///
/// # Errors
///
/// The file cannot be read, parsed or written, or `change` fails.
pub async fn update<T, E: From<crate::Error>>(
    layout: &Layout,
    reporter: &Reporter,
    change: impl FnOnce(&mut ConfigFile) -> Result<T, E>,
) -> Result<T, E> {
    let _lock = lock::acquire(&layout.config_lock(), "the configuration", reporter).await?;
    let path = layout.config_file();
    let before = read(&path)?;
    let mut file = ConfigFile::parse(&path, before.as_str()).map_err(crate::Error::from)?;
    let outcome = change(&mut file)?;
    if file.text() != before {
        write(&path, file.text())?;
    }
    Ok(outcome)
}

/// Replaces the text of the file if it still equals `before`; returns whether it did.
///
/// # Errors
///
/// The file cannot be read or written.
pub async fn replace(
    layout: &Layout,
    reporter: &Reporter,
    before: &str,
    after: &str,
) -> crate::Result<bool> {
    let _lock = lock::acquire(&layout.config_lock(), "the configuration", reporter).await?;
    let path = layout.config_file();
    if read(&path)? != before {
        return Ok(false);
    }
    write(&path, after)?;
    Ok(true)
}

/// Reads the text of the file; a missing file is empty.
///
/// # Errors
///
/// The file cannot be read.
pub fn read(path: &Path) -> crate::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        text => text.with_context(|| format!("cannot read `{}`", path.display())),
    }
}

fn write(path: &Path, text: &str) -> crate::Result<()> {
    private_file::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
