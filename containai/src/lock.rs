//! Locks between processes; the files hold no data.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use crate::error::ResultExt as _;

use crate::report::Reporter;

/// How often a taken lock is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Takes the lock if nobody has it; see [`hold`].
pub(crate) fn try_acquire(path: &Path) -> crate::Result<Option<File>> {
    let context = || format!("cannot use the lock `{}`", path.display());
    let file = open(path).with_context(context)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(context),
    }
}

/// Whether a process has the lock; leaves no trace.
pub(crate) fn is_locked(path: &Path) -> bool {
    let file = File::open(path);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Waits for the lock; it is given back when the file is dropped or the
/// process ends, however it ends.
pub async fn acquire(path: &Path, what: &str, reporter: &Reporter) -> crate::Result<File> {
    let context = || format!("cannot use the lock `{}`", path.display());
    let file = open(path).with_context(context)?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
            Err(TryLockError::WouldBlock) if is_told => {}
            Err(TryLockError::WouldBlock) => {
                reporter.detail(&format!("waiting for another cai that works on {what}"));
                is_told = true;
            }
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}
