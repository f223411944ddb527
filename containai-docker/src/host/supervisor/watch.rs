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

use super::super::command::CommandError;
use super::super::error::SetupError;
use super::super::file::failed;
use super::super::network::Network;
use super::super::ping::{EngineState, ping};
use super::network_watch::watch_network;
use super::pid_file::{PidFile, running_with, terminate};
use super::{engine, lxcfs};

/// Time limit for the engine to stop, the same as for a container.
pub(super) const FAREWELL: Duration = Duration::from_secs(100);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why a supervisor ended.
pub(super) enum Ended {
    /// It received a signal and stopped the engine.
    Asked,
    /// Another supervisor is running for this engine.
    AlreadySupervised,
}

/// Detaches from the caller and keeps the engine running until SIGTERM or SIGINT.
pub(super) fn supervise(layout: &EngineLayout) -> Result<Ended, SetupError> {
    detach();
    let Some(_lock) = PidFile::acquire(&layout.supervisor_pid_file())? else {
        return Ok(Ended::AlreadySupervised);
    };
    end_orphan(layout)?;
    lxcfs::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CommandError::Spawn { program: "dockerd".into(), source })?;
    let network = layout.clone();
    // The thread ends with this process and needs no cleanup.
    thread::spawn(move || watch_network(&network));
    runtime.block_on(watch(layout))?;
    Ok(Ended::Asked)
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
fn end_orphan(layout: &EngineLayout) -> Result<(), SetupError> {
    let orphan = || running_with(&layout.pid_file(), &layout.daemon_json());
    match orphan() {
        Some(pid) => terminate(pid, FAREWELL, || orphan().is_none()),
        None => Ok(()),
    }
}

async fn watch(layout: &EngineLayout) -> Result<(), SetupError> {
    let listen = |kind| signal(kind).map_err(failed(&layout.supervisor_pid_file()));
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let mut pause = FIRST_PAUSE;
    let mut ever_answered = false;
    loop {
        let mut answered = false;
        let failure = match launch(layout) {
            Err(error) => error,
            Ok(mut child) => {
                let ended = tokio::select! {
                    () = live(&mut child, layout, &mut answered) => true,
                    _ = term.recv() => false,
                    _ = int.recv() => false,
                };
                if !ended {
                    return end(child).await;
                }
                SetupError::EngineDied { log: Vec::new() }
            }
        };
        ever_answered |= answered;
        if !ever_answered {
            // Retrying does not fix an invalid configuration.
            return Err(failure);
        }
        pause = if answered { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        eprintln!("containai-engine: {failure}; restarting in {} s", pause.as_secs());
        tokio::select! {
            () = sleep(pause) => {}
            _ = term.recv() => return Ok(()),
            _ = int.recv() => return Ok(()),
        }
    }
}

/// Brings up the network and starts the engine.
fn launch(layout: &EngineLayout) -> Result<Child, SetupError> {
    Network::recorded(layout)?.raise()?;
    let command = engine::command(layout)?;
    tokio::process::Command::from(command)
        .spawn()
        .map_err(|source| CommandError::Spawn { program: "dockerd".into(), source }.into())
}

/// Waits until the engine exits, and records whether it ever responded.
async fn live(child: &mut Child, layout: &EngineLayout, answered: &mut bool) {
    let answers = async {
        while ping(&layout.socket(), Duration::from_millis(500)) != EngineState::Answers {
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

async fn end(mut child: Child) -> Result<(), SetupError> {
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) else { return Ok(()) };
    // It may have exited already.
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    if timeout(FAREWELL, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
    Ok(())
}
