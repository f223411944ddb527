//! The loop of the supervisor.

use std::fs;
use std::thread;
use std::time::Duration;

use containai_core::layout::EngineLayout;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};

use super::super::command::HostCommandError;
use super::super::error::SetupError;
use super::super::file::file_error;
use super::super::network::Network;
use super::super::ping::{EngineState, ping};
use super::network_watch::watch_network;
use super::pid_file::{PidFile, running_with_config, terminate};
use super::{engine, log_file, lxcfs};

/// Exit status of a supervisor if another one is already running.
pub(super) const ALREADY_SUPERVISED: u8 = 3;

/// Time limit for the engine to stop, the same as for a container.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(100);
const MIN_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// Why a supervisor ended.
pub(super) enum SupervisorExit {
    /// It received a signal and stopped the engine.
    Signalled,
    /// Another supervisor is running for this engine.
    AlreadySupervised,
}

/// Detaches from the caller and keeps the engine running until SIGTERM or SIGINT.
pub(super) fn supervise(layout: &EngineLayout) -> Result<SupervisorExit, SetupError> {
    detach();
    let Some(_lock) = PidFile::acquire(&layout.supervisor_pid_file())? else {
        return Ok(SupervisorExit::AlreadySupervised);
    };
    stop_orphan(layout)?;
    lxcfs::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| HostCommandError::Spawn { program: "dockerd".into(), source })?;
    let (network, log) = (layout.clone(), layout.log());
    // The threads end with this process and need no cleanup.
    thread::spawn(move || watch_network(&network));
    thread::spawn(move || log_file::keep_small(&log));
    runtime.block_on(restart_loop(layout))?;
    Ok(SupervisorExit::Signalled)
}

/// Leaves the caller's session and closes inherited descriptors. The caller would otherwise wait
/// for an inherited pipe to close.
fn detach() {
    // This fails for the leader of a process group, which needs no detaching.
    let _ = nix::unistd::setsid();
    let open = fs::read_dir("/proc/self/fd").map(|entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        names.collect::<Vec<i32>>()
    });
    for descriptor in open.unwrap_or_default().into_iter().filter(|descriptor| *descriptor > 2) {
        // The descriptor of the listing itself is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}

/// Stops an engine whose supervisor was killed, because a second engine could not start.
fn stop_orphan(layout: &EngineLayout) -> Result<(), SetupError> {
    let orphan = || running_with_config(&layout.pid_file(), &layout.daemon_json());
    match orphan() {
        Some(pid) => terminate(pid, STOP_TIMEOUT, || orphan().is_none()),
        None => Ok(()),
    }
}

async fn restart_loop(layout: &EngineLayout) -> Result<(), SetupError> {
    let listen = |kind| signal(kind).map_err(file_error(&layout.supervisor_pid_file()));
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut pause = MIN_BACKOFF;
    let mut ever_answered = false;
    loop {
        let mut answered = false;
        let failure = match spawn_engine(layout) {
            Err(error) => error,
            Ok(mut child) => {
                let ended = tokio::select! {
                    () = wait_exit(&mut child, layout, &mut answered) => true,
                    _ = term.recv() => false,
                    _ = int.recv() => false,
                };
                if !ended {
                    return stop_child(child).await;
                }
                SetupError::EngineExited { log: Vec::new() }
            }
        };
        ever_answered |= answered;
        if !ever_answered {
            // Retrying does not fix an invalid configuration.
            return Err(failure);
        }
        pause = if answered { MIN_BACKOFF } else { (pause * 2).min(MAX_BACKOFF) };
        eprintln!("containai-engine: {failure}; restarting in {} s", pause.as_secs());
        tokio::select! {
            () = sleep(pause) => {}
            _ = term.recv() => return Ok(()),
            _ = int.recv() => return Ok(()),
        }
    }
}

/// Brings up the network and starts the engine.
fn spawn_engine(layout: &EngineLayout) -> Result<Child, SetupError> {
    Network::from_record(layout)?.bring_up()?;
    let command = engine::engine_command(layout)?;
    tokio::process::Command::from(command)
        .spawn()
        .map_err(|source| HostCommandError::Spawn { program: "dockerd".into(), source }.into())
}

/// Waits until the engine exits, and records whether it ever responded.
async fn wait_exit(child: &mut Child, layout: &EngineLayout, answered: &mut bool) {
    let answers = async {
        while ping(&layout.socket(), Duration::from_millis(500)) != EngineState::Responding {
            sleep(Duration::from_millis(50)).await;
        }
        *answered = true;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = child.wait() => {}
        () = answers => {}
    }
}

async fn stop_child(mut child: Child) -> Result<(), SetupError> {
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) else { return Ok(()) };
    // It may have exited already.
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    if timeout(STOP_TIMEOUT, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
    Ok(())
}
