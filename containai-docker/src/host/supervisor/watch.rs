//! The supervisor itself.

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

/// How long the engine may take to end, as long as a container may.
pub(super) const FAREWELL: Duration = Duration::from_secs(100);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why a supervisor ended.
pub(super) enum Ended {
    /// A signal asked for it; the engine has ended, too.
    Asked,
    /// Another supervisor looks after this engine.
    AlreadySupervised,
}

/// Detaches from whoever started it and keeps the engine running until
/// SIGTERM or SIGINT.
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
    // It ends with this process, and has nothing to put down.
    thread::spawn(move || watch_network(&network));
    runtime.block_on(watch(layout))?;
    Ok(Ended::Asked)
}

/// Leaves the session and the files of whoever started us, who would else
/// wait for a pipe to close that we hold open.
fn detach() {
    // This fails for the leader of a process group, which is detached enough.
    let _ = nix::unistd::setsid();
    let open = fs::read_dir("/proc/self/fd").map(|entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        names.collect::<Vec<i32>>()
    });
    for descriptor in open.unwrap_or_default().into_iter().filter(|descriptor| *descriptor > 2) {
        // The listing's own descriptor is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}

/// Ends an engine whose supervisor was killed; a second one could not start.
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
            // A wrong configuration does not get better by trying again.
            return Err(failure);
        }
        pause = if answered { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        eprintln!("containai-engine: {failure}, next start in {} s", pause.as_secs());
        tokio::select! {
            () = sleep(pause) => {}
            _ = term.recv() => return Ok(()),
            _ = int.recv() => return Ok(()),
        }
    }
}

/// Starts the engine on a network that is in place, whatever happened to that
/// meanwhile.
fn launch(layout: &EngineLayout) -> Result<Child, SetupError> {
    Network::recorded(layout)?.raise()?;
    let command = engine::command(layout)?;
    tokio::process::Command::from(command)
        .spawn()
        .map_err(|source| CommandError::Spawn { program: "dockerd".into(), source }.into())
}

/// Returns when the engine ends and notes whether it ever answered.
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
    // It may end by itself at this very moment.
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    if timeout(FAREWELL, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
    Ok(())
}
