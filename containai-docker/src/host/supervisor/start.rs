//! Starting the engine without systemd.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use containai_core::layout::EngineLayout;
use nix::unistd::Pid;

use super::super::command::{HostCommandError, tail};
use super::super::error::SetupError;
use super::super::file::file_error;
use super::super::ping::{EngineState, ping};
use super::pid_file::{PidFile, running_with_config};
use super::run::ALREADY_SUPERVISED;

/// Time limit for a start; an engine with many containers starts slowly.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Time limit for one ping.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Size in bytes above which the log is rotated at the next start.
const LOG_LIMIT: u64 = 10 << 20;

/// Starts a detached supervisor and waits until the engine responds. A running engine stays
/// unchanged.
///
/// # Errors
///
/// - [`SetupError::EngineExited`] if the engine exits, with the last lines of its log
/// - [`SetupError::EngineNotResponding`] after 60 s, with the last lines of its log
/// - [`SetupError::Command`] and [`SetupError::File`] if the supervisor cannot be started or its
///   log cannot be opened
pub fn start(layout: &EngineLayout) -> Result<(), SetupError> {
    if ping(&layout.socket(), PING_TIMEOUT) == EngineState::Responding {
        return Ok(());
    }
    create_directories(layout)?;
    let (log, before) = open_log(&layout.log())?;
    let mut child = spawn(layout, log)?;
    wait(layout, START_TIMEOUT, || has_exited(&mut child, layout))
        .map_err(|error| with_log(error, &layout.log(), before))
}

/// Waits until the engine responds.
///
/// # Errors
///
/// [`SetupError::EngineNotResponding`] after `timeout`.
pub fn wait_for_engine(layout: &EngineLayout, timeout: Duration) -> Result<(), SetupError> {
    wait(layout, timeout, || false)
}

/// Returns whether a supervisor runs; it starts its engine again whenever that ends.
pub(in super::super) fn is_supervised(layout: &EngineLayout) -> bool {
    PidFile::holder(&layout.supervisor_pid_file()).is_some()
}

/// Returns the engine's process; `None` if it does not run or is not visible.
pub(in super::super) fn running_engine(layout: &EngineLayout) -> Option<Pid> {
    running_with_config(&layout.pid_file(), &layout.daemon_json())
}

fn wait(
    layout: &EngineLayout,
    timeout: Duration,
    mut ended: impl FnMut() -> bool,
) -> Result<(), SetupError> {
    let begin = Instant::now();
    loop {
        let over = ended();
        match ping(&layout.socket(), PING_TIMEOUT) {
            EngineState::Responding | EngineState::PermissionDenied => return Ok(()),
            EngineState::NotResponding if over => {
                return Err(SetupError::EngineExited { log: Vec::new() });
            }
            EngineState::NotResponding if begin.elapsed() > timeout => {
                let seconds = timeout.as_secs();
                return Err(SetupError::EngineNotResponding { seconds, log: Vec::new() });
            }
            EngineState::NotResponding => thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn spawn(layout: &EngineLayout, log: File) -> Result<Child, SetupError> {
    let program = layout.supervisor();
    let again = log.try_clone().map_err(file_error(&layout.log()))?;
    Command::new(&program)
        .arg("supervise")
        .arg(layout.root())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(again)
        .current_dir("/")
        .spawn()
        .map_err(|source| {
            let program = program.display().to_string();
            HostCommandError::Spawn { program, source }.into()
        })
}

/// Returns whether the supervisor has exited. If it found another one running, that one must have
/// exited too.
fn has_exited(child: &mut Child, layout: &EngineLayout) -> bool {
    match child.try_wait() {
        Ok(Some(status)) if status.code() == Some(i32::from(ALREADY_SUPERVISED)) => {
            PidFile::holder(&layout.supervisor_pid_file()).is_none()
        }
        Ok(Some(_)) => true,
        Ok(None) | Err(_) => false,
    }
}

fn create_directories(layout: &EngineLayout) -> Result<(), SetupError> {
    for file in [layout.socket(), layout.log(), layout.data_root(), layout.exec_root()] {
        let dir = file.parent().unwrap_or(layout.root());
        fs::create_dir_all(dir).map_err(file_error(dir))?;
    }
    Ok(())
}

/// Opens the log for appending and returns its previous length.
fn open_log(path: &Path) -> Result<(File, u64), SetupError> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length(path) > LOG_LIMIT {
        fs::rename(path, path.with_extension("log.1")).map_err(file_error(path))?;
    }
    let before = length(path);
    let file = OpenOptions::new().append(true).create(true).open(path).map_err(file_error(path))?;
    Ok((file, before))
}

fn with_log(error: SetupError, path: &Path, from: u64) -> SetupError {
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    let log = tail(&String::from_utf8_lossy(&read().unwrap_or_default()));
    match error {
        SetupError::EngineExited { .. } => SetupError::EngineExited { log },
        SetupError::EngineNotResponding { seconds, .. } => {
            SetupError::EngineNotResponding { seconds, log }
        }
        other => other,
    }
}
