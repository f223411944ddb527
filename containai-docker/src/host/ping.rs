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
    Answers,
    /// The socket exists, but this user has no access.
    Denied,
    /// There was no response.
    Silent,
}

/// Sends `GET /_ping` (Docker Engine API, "System") and waits up to `timeout` for the response.
pub fn ping(socket: &Path, patience: Duration) -> EngineState {
    match ask(socket, patience) {
        Ok(true) => EngineState::Answers,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => EngineState::Denied,
        Ok(false) | Err(_) => EngineState::Silent,
    }
}

fn ask(socket: &Path, patience: Duration) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(&status == b"HTTP/1.1 200")
}

/// State of Sysbox, by the sockets of its services.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SysboxState {
    /// Sysbox is not installed.
    Absent,
    /// It is installed or registered, but its services do not respond. The engine still lists the
    /// runtime, which must not be used.
    Dead,
    /// Both services respond.
    Answers,
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
        SysboxState::Answers
    } else if answers.iter().any(denied) {
        services(Path::new("/proc"))
    } else if installed || dir.exists() {
        SysboxState::Dead
    } else {
        SysboxState::Absent
    }
}

/// Derives the state from the process list, for users without access to the socket directory, which
/// is restricted to root.
fn services(proc: &Path) -> SysboxState {
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
        SysboxState::Answers
    } else if names.is_empty() {
        // Mounted with `hidepid`: only the user's own processes are visible.
        SysboxState::Unknown
    } else {
        SysboxState::Dead
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn sockets_without_services_are_dead() {
        let dir = tempfile::tempdir().expect("a directory");
        let missing = dir.path().join("sysbox");
        assert_eq!(probe_sysbox(&missing, false), SysboxState::Absent);
        assert_eq!(probe_sysbox(&missing, true), SysboxState::Dead);
        let names = ["sysmgr.sock", "sysfs.sock"];
        let listeners =
            names.map(|name| UnixListener::bind(dir.path().join(name)).expect("a socket"));
        assert_eq!(probe_sysbox(dir.path(), true), SysboxState::Answers);
        drop(listeners);
        assert!(dir.path().join("sysmgr.sock").exists());
        assert_eq!(probe_sysbox(dir.path(), true), SysboxState::Dead);
    }

    #[test]
    fn the_processes_of_root_show_whether_the_services_run() {
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
        let check = |expected| assert_eq!(services(proc.path()), expected);
        process("self-made", "sysbox-mgr", 1000);
        process("3", "sysbox-fs", 1000);
        check(SysboxState::Unknown);
        process("1", "systemd", 0);
        process("7", "sysbox-fs", 0);
        check(SysboxState::Dead);
        process("8", "sysbox-mgr", 0);
        check(SysboxState::Answers);
    }

    #[test]
    fn a_silent_listener_is_no_engine() {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("s");
        assert_eq!(ping(&socket, Duration::from_millis(50)), EngineState::Silent);
        let _listener = UnixListener::bind(&socket).expect("a socket");
        assert_eq!(ping(&socket, Duration::from_millis(50)), EngineState::Silent);
    }
}
