//! Locks between processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use containai_core::remote::RemoteError;

use super::atomic::{PRIVATE_MODE, create_private_dir};
use super::io_error;

/// The pause between two attempts, at first and at most.
const RETRY_INTERVAL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// A file lock, held until it is dropped or its process exits.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

/// Waits for the lock of a file; dropping the future cancels the wait.
///
/// A blocking flock(2) cannot be cancelled, so this polls.
pub(crate) async fn lock(path: &Path) -> Result<FileLock, RemoteError> {
    let file = open(path).map_err(io_error::cannot_write(path))?;
    let (mut pause, longest) = RETRY_INTERVAL;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(FileLock { _file: file }),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(pause).await,
            Err(TryLockError::Error(error)) => return Err(io_error::cannot_write(path)(error)),
        }
        pause = longest.min(pause * 2);
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(dir) = path.parent() {
        create_private_dir(dir)?;
    }
    OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE_MODE).open(path)
}
