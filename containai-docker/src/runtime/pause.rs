use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::container::{ContainerRef, ContainerState};
use super::error_report;

/// Time limit for the kernel to freeze a container. Freezing takes milliseconds. On cgroup v1 it
/// never completes while a parent waits in vfork(2) for a child that is already frozen, and the
/// engine answers no requests about the container meanwhile.
const FREEZE_TIMEOUT: Duration = Duration::from_secs(10);
/// Interval between checks of the runtime.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An error from pausing a container.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum PauseError {
    /// The runtime is missing.
    #[error("cannot find the runtime that pauses the container")]
    Missing,
    #[error("cannot execute `{path}`")]
    Execute {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The pause was undone.
    #[error("the container could not be paused within {} s; it is still running", FREEZE_TIMEOUT.as_secs())]
    TimedOut,
    /// The pause could not be undone.
    #[error("the container could neither be paused within {} s nor unpaused", FREEZE_TIMEOUT.as_secs())]
    UnpauseFailed(#[source] io::Error),
}

/// Has the runtime pause a container, and undoes an incomplete pause after the time limit.
pub(super) fn run(
    runtime: Option<PathBuf>,
    arguments: &[OsString],
    log: Option<&Path>,
    container: &ContainerRef,
) -> ExitCode {
    match pause(runtime, arguments, container, FREEZE_TIMEOUT) {
        Ok(code) => code,
        Err(error) => {
            error_report::report(log, &error_report::error_chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn pause(
    runtime: Option<PathBuf>,
    arguments: &[OsString],
    container: &ContainerRef,
    limit: Duration,
) -> Result<ExitCode, PauseError> {
    let path = runtime.ok_or(PauseError::Missing)?;
    let failed = |source| PauseError::Execute { path: path.clone(), source };
    let mut child = Command::new(&path).args(arguments).spawn().map_err(failed)?;
    match wait(&mut child, limit).map_err(failed)? {
        Some(code) => Ok(ExitCode::from(code)),
        None => {
            // Also waits for it: a late write of it would freeze the container again.
            let _ = child.kill();
            let _ = child.wait();
            unfreeze(container).map_err(PauseError::UnpauseFailed)?;
            Err(PauseError::TimedOut)
        }
    }
}

/// Returns the exit status of the child; `None` if it is still running after `limit`.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<u8>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(Some(code.unwrap_or(1)));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(POLL_INTERVAL);
    }
}

/// Writes to the container's own control group, whose path is in the runtime's state.
fn unfreeze(container: &ContainerRef) -> io::Result<()> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let state =
        ContainerState::read(container).ok_or_else(|| invalid("the container has no state"))?;
    let group = |name: &str| state.cgroup_paths.get(name);
    match (group("freezer"), group("")) {
        (Some(v1), _) => fs::write(v1.join("freezer.state"), "THAWED"),
        (None, Some(v2)) => fs::write(v2.join("cgroup.freeze"), "0"),
        (None, None) => Err(invalid("the container's state names no control group")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::Value;

    use super::*;

    struct PauseFixture {
        dir: tempfile::TempDir,
    }

    impl PauseFixture {
        fn new(script: &str) -> Self {
            let dir = tempfile::tempdir().expect("a directory");
            let runtime = dir.path().join("runtime");
            fs::write(&runtime, script).expect("a script");
            fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).expect("a mode");
            Self { dir }
        }

        fn write_state(&self, cgroups: &Value) {
            let dir = self.dir.path().join("abc");
            fs::create_dir(&dir).expect("a directory");
            let state = serde_json::json!({
                "init_process_pid": 7, "init_process_start": 9, "cgroup_paths": cgroups
            });
            fs::write(dir.join("state.json"), state.to_string()).expect("a state");
        }

        fn pause(&self, limit: Duration) -> Result<ExitCode, PauseError> {
            let root = self.dir.path().to_owned();
            let container = ContainerRef { root: root.clone(), id: "abc".into() };
            pause(Some(root.join("runtime")), &["pause".into()], &container, limit)
        }
    }

    #[test]
    fn returns_exit_status_of_runtime() {
        let long = Duration::from_secs(60);
        let check = |script, expected: u8| {
            let code = PauseFixture::new(script).pause(long).expect("it exited");
            assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(expected)));
        };
        check("#!/bin/sh\n[ \"$1\" = pause ]\n", 0);
        check("#!/bin/sh\nexit 3\n", 3);
    }

    #[test]
    fn hanging_pause_is_undone() {
        let group = tempfile::tempdir().expect("a directory");
        let check = |name: &str, file: &str, expected: &str| {
            let bench = PauseFixture::new("#!/bin/sh\nexec sleep 1000\n");
            bench.write_state(&serde_json::json!({ name: group.path() }));
            let outcome = bench.pause(Duration::from_millis(50));
            assert!(matches!(outcome, Err(PauseError::TimedOut)), "{outcome:?}");
            let written = fs::read_to_string(group.path().join(file)).expect("it was written");
            assert_eq!(written, expected);
        };
        check("freezer", "freezer.state", "THAWED");
        check("", "cgroup.freeze", "0");
        let bench = PauseFixture::new("#!/bin/sh\nexec sleep 1000\n");
        let outcome = bench.pause(Duration::from_millis(50));
        assert!(matches!(outcome, Err(PauseError::UnpauseFailed(_))), "{outcome:?}");
    }
}
