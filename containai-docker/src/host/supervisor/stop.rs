//! Stopping the engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use bollard::Docker;
use containai_core::layout::EngineLayout;
use futures_util::future::join_all;
use nix::mount::{MntFlags, umount2};

use super::super::command::HostCommand;
use super::super::error::SetupError;
use super::super::network::Network;
use super::super::unit::UNIT;
use super::pid_file::{PidFile, running_with_config, terminate};
use super::run::STOP_TIMEOUT;

/// Stops the engine and its supervisor. Containers keep running, and the next engine adopts them.
///
/// # Errors
///
/// [`SetupError::EngineNotStopping`] if the engine does not stop in time, [`SetupError::Command`]
/// if `systemctl` fails.
pub fn stop_daemon(layout: &EngineLayout) -> Result<(), SetupError> {
    let systemd = Path::new("/run/systemd/system").exists();
    if systemd && *layout == EngineLayout::default() && layout.unit().exists() {
        return Ok(HostCommand::new("systemctl", &["stop", UNIT]).run().map(drop)?);
    }
    let file = layout.supervisor_pid_file();
    if let Some(pid) = PidFile::holder(&file) {
        terminate(pid, STOP_TIMEOUT * 2, || PidFile::holder(&file).is_none())?;
    }
    let orphan = || running_with_config(&layout.pid_file(), &layout.daemon_json());
    match orphan() {
        Some(pid) => terminate(pid, STOP_TIMEOUT, || orphan().is_none()),
        None => Ok(()),
    }
}

/// Stops all containers and the engine, and removes its network. Files, images and volumes are kept.
///
/// # Errors
///
/// The errors of [`stop_daemon`].
pub fn tear_down(layout: &EngineLayout) -> Result<(), SetupError> {
    stop_containers(layout);
    stop_daemon(layout)?;
    if let Ok(network) = Network::from_record(layout) {
        network.remove();
    }
    unmount_below(&[layout.data_root(), layout.exec_root()]);
    for leftover in [layout.socket(), layout.pid_file()] {
        // Usually there is no file.
        let _ = fs::remove_file(leftover);
    }
    Ok(())
}

/// Unmounts everything below `dirs`. The engine keeps a bind mount of its data root on itself and,
/// after a kill, the mounts of its containers, all of which would block the removal of the files.
fn unmount_below(dirs: &[PathBuf]) {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(mount_point);
    let below: Vec<_> =
        points.filter(|point| dirs.iter().any(|dir| point.starts_with(dir))).collect();
    for point in below.iter().rev() {
        // It may be unmounted already, together with its parent mount.
        let _ = umount2(point, MntFlags::MNT_DETACH);
    }
}

/// Returns the fifth field of a proc_pid_mountinfo(5) line. The kernel escapes whitespace and
/// backslashes as octal numbers.
fn mount_point(line: &str) -> Option<PathBuf> {
    let escaped = line.split(' ').nth(4)?;
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    let plain = escapes.iter().fold(escaped.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(plain.into())
}

/// Stops each container with its own stop signal and timeout. Does nothing if the engine does not
/// respond.
fn stop_containers(layout: &EngineLayout) {
    // The engine is stopped in any case.
    let _ = with_client(layout, async |docker| {
        let running = docker.list_containers(None).await.ok()?;
        let ids = running.into_iter().filter_map(|container| container.id);
        let docker = &docker;
        join_all(ids.map(|id| async move { docker.stop_container(&id, None).await })).await;
        Some(())
    });
}

/// Runs `work` with a client of the engine, in a separate thread, because the caller may be in an
/// async runtime. `None` also if the work panics, which has already been printed.
pub(super) fn with_client<T: Send + 'static>(
    layout: &EngineLayout,
    work: impl AsyncFnOnce(Docker) -> Option<T> + Send + 'static,
) -> Option<T> {
    let socket = layout.socket();
    let worker = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let address = socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&address, 150, bollard::API_DEFAULT_VERSION).ok()?;
        runtime.block_on(work(docker))
    });
    worker.join().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_mount_point() {
        let line = r"36 35 98:0 /mnt1 /mnt\040two/a\134b rw,noatime master:1 - ext3 /dev/root rw";
        assert_eq!(mount_point(line), Some(PathBuf::from("/mnt two/a\\b")));
        assert_eq!(mount_point("36 35"), None);
    }
}
