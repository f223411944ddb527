//! Pid files, and checks of the processes they name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::error::SetupError;
use super::super::file::file_error;

/// A file with the id of this process, locked until the process ends, so that a file left by a
/// crash blocks nothing.
#[derive(Debug)]
pub(super) struct PidFile {
    _lock: File,
}

impl PidFile {
    /// Acquires the file; `None` if a running process holds it.
    pub(super) fn acquire(path: &Path) -> Result<Option<Self>, SetupError> {
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(file_error(path)(error)),
        }
        let mut write = || {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write().map_err(file_error(path))?;
        Ok(Some(Self { _lock: file }))
    }

    /// Returns the running process that holds the file.
    pub(super) fn holder(path: &Path) -> Option<Pid> {
        let file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_pid(path),
            _ => None,
        }
    }
}

fn open(path: &Path) -> Result<File, SetupError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).open(path).map_err(file_error(path))
}

fn read_pid(path: &Path) -> Option<Pid> {
    let pid = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid))
}

/// Returns the process in a pid file if `config` is among its arguments; the kernel may have reused
/// the id.
pub(super) fn running_with_config(pid_file: &Path, config: &Path) -> Option<Pid> {
    let pid = read_pid(pid_file)?;
    let cmdline = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let ours = config.as_os_str().as_encoded_bytes();
    cmdline.split(|byte| *byte == 0).any(|arg| arg == ours).then_some(pid)
}

/// Sends SIGTERM and waits until `has_exited` returns true.
pub(super) fn terminate(
    pid: Pid,
    timeout: Duration,
    has_exited: impl Fn() -> bool,
) -> Result<(), SetupError> {
    // The process may have exited already.
    let _ = kill(pid, Signal::SIGTERM);
    let begin = Instant::now();
    while !has_exited() {
        if begin.elapsed() > timeout {
            return Err(SetupError::EngineNotStopping {
                pid: pid.as_raw(),
                seconds: timeout.as_secs(),
            });
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_pid_file_does_not_block() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("pid");
        fs::write(&path, "1234567\n").expect("written");
        assert_eq!(PidFile::holder(&path), None);
        let held = PidFile::acquire(&path).expect("usable").expect("free");
        assert!(PidFile::acquire(&path).expect("usable").is_none());
        let own = i32::try_from(std::process::id()).expect("a pid");
        assert_eq!(PidFile::holder(&path), Some(Pid::from_raw(own)));
        drop(held);
        assert_eq!(PidFile::holder(&path), None);
    }

    #[test]
    fn reused_pid_is_not_the_engine() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("pid");
        fs::write(&path, std::process::id().to_string()).expect("written");
        assert_eq!(running_with_config(&path, Path::new("/no/such/daemon.json")), None);
    }
}
