//! Ending the engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use bollard::Docker;
use containai_core::engine::Isolation;
use containai_core::layout::EngineLayout;
use futures_util::future::join_all;
use nix::mount::{MntFlags, umount2};

use super::super::command::Invocation;
use super::super::error::SetupError;
use super::super::network::Network;
use super::super::record::EngineRecord;
use super::super::unit::UNIT;
use super::pid_file::{PidFile, running_with, terminate};
use super::watch::FAREWELL;

/// Ends the engine and its supervisor; containers keep running and meet the
/// next engine.
///
/// # Errors
///
/// [`SetupError::EngineStuck`] when the engine does not end,
/// [`SetupError::Command`] when `systemctl` fails.
pub fn halt(layout: &EngineLayout) -> Result<(), SetupError> {
    let systemd = Path::new("/run/systemd/system").exists();
    if systemd && *layout == EngineLayout::default() && layout.unit().exists() {
        return Ok(Invocation::new("systemctl", &["stop", UNIT]).run().map(drop)?);
    }
    let file = layout.supervisor_pid_file();
    if let Some(pid) = PidFile::holder(&file) {
        terminate(pid, FAREWELL * 2, || PidFile::holder(&file).is_none())?;
    }
    let orphan = || running_with(&layout.pid_file(), &layout.daemon_json());
    match orphan() {
        Some(pid) => terminate(pid, FAREWELL, || orphan().is_none()),
        None => Ok(()),
    }
}

/// Stops every container of the engine, the engine, and takes its network
/// away. Files, images and volumes stay.
///
/// # Errors
///
/// Those of [`halt`].
pub fn stop_engine(layout: &EngineLayout) -> Result<(), SetupError> {
    stop_containers(layout);
    halt(layout)?;
    if let Ok(network) = Network::recorded(layout) {
        network.remove();
    }
    unmount_below(&[layout.data_root(), layout.exec_root()]);
    for leftover in [layout.socket(), layout.pid_file()] {
        // Gone is what it should be.
        let _ = fs::remove_file(leftover);
    }
    Ok(())
}

/// Stops the containers of Sysbox when systemd takes the machine down; does
/// nothing when the engine alone ends.
///
/// # Errors
///
/// [`SetupError::BadRecord`] and [`SetupError::File`] when set-up's decisions
/// cannot be read.
pub fn shut_down(layout: &EngineLayout) -> Result<(), SetupError> {
    let record = EngineRecord::read(layout)?;
    if record.is_some_and(|record| record.isolation == Isolation::Sysbox) && is_going_down() {
        stop_containers(layout);
    }
    Ok(())
}

/// systemctl(1), "is-system-running"; its status is not 0 then.
fn is_going_down() -> bool {
    let output = Command::new("systemctl").arg("is-system-running").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"stopping")
}

/// The engine keeps a mount of its store on itself and, where it was killed,
/// those of its containers; they would keep anybody from removing the files.
fn unmount_below(dirs: &[PathBuf]) {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(mount_point);
    let below: Vec<_> =
        points.filter(|point| dirs.iter().any(|dir| point.starts_with(dir))).collect();
    for point in below.iter().rev() {
        // What is gone with the mount around it needs no further word.
        let _ = umount2(point, MntFlags::MNT_DETACH);
    }
}

/// The fifth field of a line of proc_pid_mountinfo(5), where the kernel writes
/// blanks and backslashes as octal numbers.
fn mount_point(line: &str) -> Option<PathBuf> {
    let escaped = line.split(' ').nth(4)?;
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    let plain = escapes.iter().fold(escaped.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(plain.into())
}

/// Asks each container to stop in its own way and time. An engine that does
/// not answer has none that could be asked.
fn stop_containers(layout: &EngineLayout) {
    let socket = layout.socket();
    // A thread of its own, as the caller may be within an async runtime.
    let stopper = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let address = socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&address, 150, bollard::API_DEFAULT_VERSION).ok()?;
        runtime.block_on(async {
            let running = docker.list_containers(None).await.ok()?;
            let ids = running.into_iter().filter_map(|container| container.id);
            let docker = &docker;
            join_all(ids.map(|id| async move { docker.stop_container(&id, None).await })).await;
            Some(())
        })
    });
    // A panic in there has been printed, and the engine is ended anyway.
    let _ = stopper.join();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_mount_point() {
        let line = r"36 35 98:0 /mnt1 /mnt\040two/a\134b rw,noatime master:1 - ext3 /dev/root rw";
        assert_eq!(mount_point(line), Some(PathBuf::from("/mnt two/a\\b")));
        assert_eq!(mount_point("36 35"), None);
    }
}
