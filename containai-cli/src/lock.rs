//! Locks between processes; the files hold no data.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::ui::Ui;

/// How often a taken lock is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits for the lock; it is given back when the file is dropped or the
/// process ends, however it ends.
pub(crate) async fn hold(path: &Path, what: &str, ui: &Ui) -> anyhow::Result<File> {
    let context = || format!("cannot use the lock `{}`", path.display());
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(context)?;
    }
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = file.with_context(context)?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
            Err(TryLockError::WouldBlock) if is_told => {}
            Err(TryLockError::WouldBlock) => {
                ui.detail(&format!("waiting for another cai that works on {what}"));
                is_told = true;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
