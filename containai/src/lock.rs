//! Locks between processes. The lock files hold no data.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use containai_core::naming::WorkspacePath;

use crate::error::ResultExt as _;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;

/// The interval between attempts to acquire a lock that is in use.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// Acquires the lock if it is free; see [`acquire`].
pub(crate) fn try_acquire(path: &Path) -> crate::Result<Option<File>> {
    let context = || format!("cannot use the lock `{}`", path.display());
    let file = open(path).with_context(context)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(context),
    }
}

/// Returns whether a process holds the lock. A missing file is not created.
pub(crate) fn is_locked(path: &Path) -> bool {
    let file = File::open(path);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Waits for the lock. It is released when the file is dropped or the process ends. `what` names
/// the locked thing in a report.
///
/// # Errors
///
/// The lock file cannot be created or locked.
pub async fn acquire(path: &Path, what: &str, reporter: &Reporter) -> crate::Result<File> {
    let context = || format!("cannot use the lock `{}`", path.display());
    let file = open(path).with_context(context)?;
    let mut is_reported = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
            Err(TryLockError::WouldBlock) if is_reported => {}
            Err(TryLockError::WouldBlock) => {
                reporter.detail(&format!("waiting for another `cai` that has locked {what}"));
                is_reported = true;
            }
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Waits for the lock of a workspace, which a command holds while it changes the workspace's
/// container.
///
/// # Errors
///
/// As [`acquire`].
pub async fn acquire_workspace(
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<File> {
    acquire(&env.layout.workspace_lock(workspace), &format!("`{workspace}`"), reporter).await
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}
