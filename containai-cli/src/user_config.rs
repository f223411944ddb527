//! The user's configuration file, changed by one command at a time.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;
use containai_core::config::ConfigFile;
use containai_core::layout::Layout;

use crate::ui::Ui;
use crate::{lock, private_file};

/// Changes the file under its lock, so that two commands lose nothing of each
/// other. It appears whole or not at all, mode 0600; a symbolic link stays one.
/// A file that would not change is not written.
pub(crate) async fn edit<T>(
    layout: &Layout,
    ui: &Ui,
    change: impl FnOnce(&mut ConfigFile) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let _turn = lock::hold(&layout.config_lock(), "the configuration", ui).await?;
    let path = layout.config_file();
    let before = read(&path)?;
    let mut file = ConfigFile::parse(&path, before.as_str())?;
    let outcome = change(&mut file)?;
    if file.text() != before {
        write(&path, file.text())?;
    }
    Ok(outcome)
}

/// Replaces the file's text, unless it is no longer what it was; says whether
/// it was.
pub(crate) async fn replace(
    layout: &Layout,
    ui: &Ui,
    before: &str,
    after: &str,
) -> anyhow::Result<bool> {
    let _turn = lock::hold(&layout.config_lock(), "the configuration", ui).await?;
    let path = layout.config_file();
    if read(&path)? != before {
        return Ok(false);
    }
    write(&path, after)?;
    Ok(true)
}

/// The text of the file, which need not exist.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        text => text.with_context(|| format!("cannot read `{}`", path.display())),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    private_file::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
