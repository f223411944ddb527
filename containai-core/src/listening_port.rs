//! TCP ports that programs in a container listen on.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use crate::naming::HostPort;

/// The limit for the ports of one container; others are not read.
const MAX_PORTS: usize = 256;
/// The limit for the name of a program, in characters. The kernel's is 15.
const MAX_NAME: usize = 64;
/// The port of the container's SSH server.
const SSH_PORT: u16 = 22;
/// The first port that a user may listen on.
const FIRST_UNPRIVILEGED: u16 = 1024;

/// A TCP port that a program in a container listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListeningPort {
    /// The port.
    pub port: HostPort,
    /// The address; unspecified for all addresses.
    pub address: IpAddr,
    /// The name of the program, as the container reports it, without control characters; `None`
    /// if it is unknown.
    pub program: Option<String>,
    /// The process id in the container; `None` if it is unknown.
    pub pid: Option<u32>,
    /// The user id in the container; 0 for root, and if it is unknown.
    pub uid: u32,
}

impl ListeningPort {
    /// Parses the output of `ss -H -l -t -n -p -e`, ss(8), one entry a port in the order of ports.
    /// Other lines are skipped.
    ///
    /// ```
    /// use containai_core::listening_port::ListeningPort;
    ///
    /// let line = r#"LISTEN 0 511 *:3000 *:* users:(("node",pid=12,fd=18)) uid:1000 ino:1"#;
    /// let ports = ListeningPort::parse(line);
    /// assert_eq!((ports[0].port.get(), ports[0].program.as_deref()), (3000, Some("node")));
    /// ```
    #[must_use]
    pub fn parse(output: &str) -> Vec<Self> {
        let mut ports: BTreeMap<u16, Self> = BTreeMap::new();
        for found in output.lines().filter_map(Self::parse_line) {
            if ports.len() >= MAX_PORTS {
                break;
            }
            let port = ports.entry(found.port.get()).or_insert_with(|| found.clone());
            // A connection to `localhost` reaches the address that takes the most.
            if rank(found.address) < rank(port.address) {
                port.address = found.address;
            }
            port.program = port.program.take().or(found.program);
            port.pid = port.pid.or(found.pid);
        }
        ports.into_values().collect()
    }

    fn parse_line(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let local = match words.next()? {
            "LISTEN" => words.nth(2)?,
            _ => return None,
        };
        let (address, port) = local.rsplit_once(':')?;
        let port = HostPort::new(port.parse().ok()?).ok()?;
        let rest: Vec<_> = words.collect();
        let after = |mark: &str| rest.iter().find_map(|word| word.strip_prefix(mark));
        let users = line.split_once("users:((\"").map(|(_, users)| users);
        let program = users.and_then(|users| users.split_once('"')).map(|(name, _)| name);
        let printable =
            |name: &str| name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        let pid = users
            .and_then(|users| users.split_once("pid="))
            .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
        Some(Self {
            port,
            address: parse_address(address)?,
            program: program.map(printable),
            pid,
            uid: after("uid:").and_then(|uid| uid.parse().ok()).unwrap_or(0),
        })
    }

    /// Returns the target of a forward, such as `localhost:3000`.
    #[must_use]
    pub fn target(&self) -> String {
        match self.address {
            IpAddr::V4(address) if !is_local(self.address) => format!("{address}:{}", self.port),
            IpAddr::V6(address) if !is_local(self.address) => format!("[{address}]:{}", self.port),
            _ => format!("localhost:{}", self.port),
        }
    }

    /// Whether a user expects it on the host without asking: not the SSH server, no privileged port,
    /// and no port that root opened for the container alone.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        let port = self.port.get();
        let is_internal = self.uid == 0 && self.address.is_loopback();
        port != SSH_PORT && port >= FIRST_UNPRIVILEGED && !is_internal
    }
}

fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    // An address may be bound to an interface, as in `127.0.0.53%lo`.
    let text = text.split('%').next().unwrap_or_default();
    match text {
        "*" => Some(Ipv6Addr::UNSPECIFIED.into()),
        text => text.parse::<IpAddr>().ok().map(|address| address.to_canonical()),
    }
}

/// Whether `localhost` reaches it.
fn is_local(address: IpAddr) -> bool {
    address.is_unspecified() || address == Ipv4Addr::LOCALHOST || address == Ipv6Addr::LOCALHOST
}

fn rank(address: IpAddr) -> u8 {
    match address {
        _ if address.is_unspecified() => 0,
        _ if is_local(address) => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OUTPUT: &str = r#"LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=80,fd=3)) ino:1 sk:1 cgroup:/
LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*    users:(("systemd-resolve",pid=7,fd=14)) uid:101 ino:2
LISTEN 0      511                *:3000             *:*    users:(("node",pid=12,fd=18),("node",pid=13,fd=18)) uid:1000 ino:3
LISTEN 0      5          127.0.0.1:8000       0.0.0.0:*    uid:1000 ino:4
LISTEN 0      5              [::1]:8000          [::]:*    users:(("python3",pid=9,fd=3)) uid:1000 ino:5
LISTEN 0      5      172.17.0.1:9000          0.0.0.0:*    uid:1000
LISTEN 0      5          127.0.0.1:40001      0.0.0.0:*    users:(("containerd",pid=5,fd=3))
LISTEN 0      5            0.0.0.0:8080       0.0.0.0:*    users:(("docker-proxy",pid=5,fd=3))
LISTEN 0 5 [fd00::1]:9001 [::]:* uid:1000
UNCONN 0 0 x:1 y
LISTEN 0 5 nonsense
LISTEN 0 5 1.2.3.4:99999 x
"#;

    #[test]
    fn ports_and_programs_are_read() {
        let ports = ListeningPort::parse(OUTPUT);
        let shown: Vec<_> = ports
            .iter()
            .map(|it| {
                let offered = if it.is_offered() { "offered" } else { "-" };
                let program = it.program.as_deref().unwrap_or("?");
                format!("{} {} {program} {:?} {offered}", it.port, it.target(), it.pid)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        22 localhost:22 sshd Some(80) -
        53 127.0.0.53:53 systemd-resolve Some(7) -
        3000 localhost:3000 node Some(12) offered
        8000 localhost:8000 python3 Some(9) offered
        8080 localhost:8080 docker-proxy Some(5) offered
        9000 172.17.0.1:9000 ? None offered
        9001 [fd00::1]:9001 ? None offered
        40001 localhost:40001 containerd Some(5) -
        ");
    }

    #[test]
    fn hostile_output_is_limited() {
        let many: String =
            (1..2000).map(|port| format!("LISTEN 0 5 0.0.0.0:{port} 0.0.0.0:*\n")).collect();
        assert_eq!(ListeningPort::parse(&many).len(), MAX_PORTS);
        let line =
            format!("LISTEN 0 5 *:1 *:* users:((\"\u{1b}]0;{}\",pid=1,fd=1))", "x".repeat(999));
        let name = ListeningPort::parse(&line).remove(0).program.expect("a name");
        assert!(name.starts_with("]0;x") && name.len() == MAX_NAME, "{name}");
    }

    proptest! {
        #[test]
        fn never_panics(text in "(LISTEN| 0| 5| \\*:| 1\\.2\\.3\\.4:|\\[|\\]|::|%|\"|users:\\(\\(\"|pid=|[0-9]|\\n|.)*") {
            let _ = ListeningPort::parse(&text);
        }
    }
}
