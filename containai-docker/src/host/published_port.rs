//! The ports that the engine really forwards.

use std::fs;
use std::path::Path;

use containai_core::layout::EngineLayout;
use containai_core::naming::HostPort;
use nix::unistd::Pid;

use super::supervisor::running_engine;

/// Returns whether the dedicated engine forwards a port of this machine to a container; `None` if
/// its processes are not visible.
///
/// Engines before Docker 23 report ports as published even if they could not bind them after a
/// restart. The dedicated engine forwards each port with a process of its own, `docker-proxy`.
pub fn forwards_port(layout: &EngineLayout, port: HostPort) -> Option<bool> {
    let engine = running_engine(layout)?;
    Some(has_proxy(Path::new("/proc"), engine, port))
}

fn has_proxy(proc: &Path, engine: Pid, port: HostPort) -> bool {
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    processes.map(|entry| entry.path()).any(|process| {
        let words = fs::read(process.join("cmdline")).unwrap_or_default();
        is_proxy(&words, port) && parent(&process) == Some(engine)
    })
}

/// Parses the command line of a process, proc_pid_cmdline(5).
fn is_proxy(words: &[u8], port: HostPort) -> bool {
    let words: Vec<_> = words.split(|byte| *byte == 0).collect();
    let port = port.to_string();
    let is_for_port = words.windows(2).any(|pair| pair == [&b"-host-port"[..], port.as_bytes()]);
    words.first().is_some_and(|program| program.ends_with(b"docker-proxy")) && is_for_port
}

fn parent(process: &Path) -> Option<Pid> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    parent.trim().parse().ok().map(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_proxy_of_this_engine_and_port() {
        let proc = tempfile::tempdir().expect("a directory");
        let process = |pid: &str, words: &str, parent: &str| {
            let dir = proc.path().join(pid);
            fs::create_dir(&dir).expect("a directory");
            fs::write(dir.join("cmdline"), words.replace(' ', "\0")).expect("a file");
            fs::write(dir.join("status"), format!("Name:\tx\nPPid:\t{parent}\n")).expect("a file");
        };
        let proxy = |port: &str| {
            format!(
                "/usr/sbin/docker-proxy -proto tcp -host-ip 127.0.0.1 -host-port {port} -container-ip 10.0.0.2 -container-port 22"
            )
        };
        process("7", &proxy("2300"), "5");
        process("8", &proxy("2301"), "6");
        process("9", "nc -host-port 2302", "5");
        process("10", &proxy("23021"), "5");
        let check = |port, expected| {
            let port = HostPort::new(port).expect("a port");
            assert_eq!(has_proxy(proc.path(), Pid::from_raw(5), port), expected, "{port}");
        };
        check(2300, true);
        check(2301, false);
        check(2302, false);
    }
}
