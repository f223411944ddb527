//! Locks between processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use containai_core::remote::RemoteError;

use super::atomic::{PRIVATE, private_dir};
use super::failure;

/// How long to pause between two tries, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// A lock that is held until it is dropped, or its process ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

/// Waits for the lock of a file; dropping the future gives up.
///
/// flock(2) can only wait in a thread that nothing can stop, so this asks
/// again and again instead.
pub(crate) async fn lock(path: &Path) -> Result<FileLock, RemoteError> {
    let file = open(path).map_err(failure::write(path))?;
    let (mut pause, longest) = PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(FileLock { _file: file }),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(pause).await,
            Err(TryLockError::Error(error)) => return Err(failure::write(path)(error)),
        }
        pause = longest.min(pause * 2);
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(path)
}
