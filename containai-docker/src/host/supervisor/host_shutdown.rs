//! Stopping the containers when the host shuts down.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use containai_core::layout::EngineLayout;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::signal::{Signal, kill};
use tokio::time::sleep;

use super::super::daemon_json;
use super::super::error::SetupError;
use super::super::file::file_error;
use super::pid_file::running_with_config;
use super::stop::with_client;

/// Time limit for the engine to reload its configuration.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes the engine stop its containers when it stops, if the host is shutting down; does nothing
/// if only the engine stops. Otherwise the host would unmount the file systems of running
/// containers and kill them after a time-out.
///
/// Containers stopped through the API would count as stopped by their user and not start again with
/// the host. The engine stops them without this effect if its `live-restore` is off.
///
/// # Errors
///
/// [`SetupError::File`] if the engine's configuration cannot be changed: containers keep running.
pub fn prepare_shutdown(layout: &EngineLayout) -> Result<(), SetupError> {
    if !is_shutting_down() {
        return Ok(());
    }
    disable_live_restore(layout).map_err(file_error(&layout.daemon_json()))
}

/// Asks systemd; the exit status of systemctl(1) `is-system-running` is nonzero in this state.
fn is_shutting_down() -> bool {
    let output = Command::new("systemctl").arg("is-system-running").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"stopping")
}

fn disable_live_restore(layout: &EngineLayout) -> io::Result<()> {
    let config = layout.daemon_json();
    let Some(pid) = running_with_config(&layout.pid_file(), &config) else { return Ok(()) };
    let text = daemon_json::without_live_restore(&fs::read_to_string(&config)?)?;
    let _overlay = FileOverlay::mount(&layout.exec_root().join("shutdown.json"), &config, &text)?;
    // SIGHUP reloads the configuration, dockerd(8).
    kill(pid, Signal::SIGHUP)?;
    let reloaded = with_client(layout, async |docker| {
        let begin = Instant::now();
        while begin.elapsed() < RELOAD_TIMEOUT {
            if docker.info().await.ok()?.live_restore_enabled == Some(false) {
                return Some(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        None
    });
    reloaded.ok_or_else(|| io::ErrorKind::TimedOut.into())
}

/// Another content of a file, mounted over it until this value is dropped. A power failure leaves
/// the file as it was.
struct FileOverlay {
    content: PathBuf,
    path: PathBuf,
}

impl FileOverlay {
    fn mount(content: &Path, path: &Path, text: &str) -> io::Result<Self> {
        fs::write(content, text)?;
        let none = None::<&str>;
        mount(Some(content), path, none, MsFlags::MS_BIND, none)?;
        Ok(Self { content: content.to_owned(), path: path.to_owned() })
    }
}

impl Drop for FileOverlay {
    fn drop(&mut self) {
        // The host is shutting down, and both vanish with it.
        let _ = umount2(&self.path, MntFlags::MNT_DETACH);
        let _ = fs::remove_file(&self.content);
    }
}
