//! Probing the sockets of the engine and of Sysbox.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// State of an engine, by its socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EngineState {
    /// The engine responded.
    Responding,
    /// The socket exists, but this user has no access.
    PermissionDenied,
    /// There was no response.
    NotResponding,
}

/// Sends `GET /_ping` (Docker Engine API, "System") and waits up to `timeout` for the response.
pub fn ping(socket: &Path, timeout: Duration) -> EngineState {
    match send_ping(socket, timeout) {
        Ok(true) => EngineState::Responding,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            EngineState::PermissionDenied
        }
        Ok(false) | Err(_) => EngineState::NotResponding,
    }
}

fn send_ping(socket: &Path, timeout: Duration) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(&status == b"HTTP/1.1 200")
}

/// State of Sysbox, by the sockets of its services.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SysboxState {
    /// Sysbox is not installed.
    NotInstalled,
    /// It is installed or registered, but its services do not respond. The engine still lists the
    /// runtime, which must not be used.
    NotRunning,
    /// Both services respond.
    Running,
    /// It is installed, but the state of its services is visible only to root.
    Unknown,
}

/// Connects to the services of Sysbox, whose sockets are in `dir` (`/run/sysbox`). The socket files
/// outlive the services, so their existence proves nothing.
pub fn probe_sysbox(dir: &Path, installed: bool) -> SysboxState {
    const SOCKETS: [&str; 2] = ["sysmgr.sock", "sysfs.sock"];
    let answers = SOCKETS.map(|name| UnixStream::connect(dir.join(name)));
    let denied = |answer: &io::Result<UnixStream>| {
        answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    if answers.iter().all(Result::is_ok) {
        SysboxState::Running
    } else if answers.iter().any(denied) {
        state_from_processes(Path::new("/proc"))
    } else if installed || dir.exists() {
        SysboxState::NotRunning
    } else {
        SysboxState::NotInstalled
    }
}

/// Derives the state from the process list, for users without access to the socket directory, which
/// is restricted to root.
fn state_from_processes(proc: &Path) -> SysboxState {
    const SERVICES: [&str; 2] = ["sysbox-mgr", "sysbox-fs"];
    let Ok(entries) = fs::read_dir(proc) else { return SysboxState::Unknown };
    let of_root = entries.flatten().filter_map(|entry| {
        let is_roots = entry.metadata().ok()?.uid() == 0;
        let name = fs::read_to_string(entry.path().join("comm")).ok()?;
        is_roots.then(|| name.trim_end().to_owned())
    });
    let names: Vec<_> = of_root.collect();
    let runs = |service: &&str| names.iter().any(|name| name == service);
    if SERVICES.iter().all(runs) {
        SysboxState::Running
    } else if names.is_empty() {
        // Mounted with `hidepid`: only the user's own processes are visible.
        SysboxState::Unknown
    } else {
        SysboxState::NotRunning
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn socket_without_listener_means_not_running() {
        let dir = tempfile::tempdir().expect("a directory");
        let missing = dir.path().join("sysbox");
        assert_eq!(probe_sysbox(&missing, false), SysboxState::NotInstalled);
        assert_eq!(probe_sysbox(&missing, true), SysboxState::NotRunning);
        let names = ["sysmgr.sock", "sysfs.sock"];
        let listeners =
            names.map(|name| UnixListener::bind(dir.path().join(name)).expect("a socket"));
        assert_eq!(probe_sysbox(dir.path(), true), SysboxState::Running);
        drop(listeners);
        assert!(dir.path().join("sysmgr.sock").exists());
        assert_eq!(probe_sysbox(dir.path(), true), SysboxState::NotRunning);
    }

    #[test]
    fn detects_services_by_root_processes() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let proc = tempfile::tempdir().expect("a directory");
        let process = |pid: &str, name: &str, uid: u32| {
            let dir = proc.path().join(pid);
            fs::create_dir(&dir).expect("a directory");
            fs::write(dir.join("comm"), format!("{name}\n")).expect("a file");
            std::os::unix::fs::chown(dir, Some(uid), None).expect("allowed for root");
        };
        let check = |expected| assert_eq!(state_from_processes(proc.path()), expected);
        process("self-made", "sysbox-mgr", 1000);
        process("3", "sysbox-fs", 1000);
        check(SysboxState::Unknown);
        process("1", "systemd", 0);
        process("7", "sysbox-fs", 0);
        check(SysboxState::NotRunning);
        process("8", "sysbox-mgr", 0);
        check(SysboxState::Running);
    }

    #[test]
    fn listener_without_answer_is_not_responding() {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("s");
        assert_eq!(ping(&socket, Duration::from_millis(50)), EngineState::NotResponding);
        let _listener = UnixListener::bind(&socket).expect("a socket");
        assert_eq!(ping(&socket, Duration::from_millis(50)), EngineState::NotResponding);
    }
}
