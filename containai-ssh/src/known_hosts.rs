//! The host keys that are pinned.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use containai_core::naming::HostPort;
use containai_core::remote::HostKey;

/// The pinned host keys, at most one for each port of 127.0.0.1.
///
/// As a file it is what sshd(8) calls `SSH_KNOWN_HOSTS FILE FORMAT`, reduced to
/// exact entries: a line for several hosts, a pattern, a hashed name or a
/// marker would make OpenSSH trust more than what was pinned, so such lines
/// are not kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KnownHosts {
    keys: BTreeMap<HostPort, HostKey>,
}

impl KnownHosts {
    /// Reads the entries of a file. Lines that are none are passed over; a port
    /// with two different keys is taken as not pinned.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut keys = BTreeMap::new();
        let mut contradicted = BTreeSet::new();
        for (port, key) in text.lines().filter_map(entry) {
            if keys.insert(port, key.clone()).is_some_and(|old| old != key) {
                contradicted.insert(port);
            }
        }
        keys.retain(|port, _| !contradicted.contains(port));
        Self { keys }
    }

    /// The key that is pinned for a port.
    #[must_use]
    pub fn get(&self, port: HostPort) -> Option<&HostKey> {
        self.keys.get(&port)
    }

    /// The ports for which a key is pinned, lowest first.
    pub fn ports(&self) -> impl Iterator<Item = HostPort> {
        self.keys.keys().copied()
    }

    /// Pins a key as the only one for a port.
    pub fn pin(&mut self, port: HostPort, key: HostKey) {
        self.keys.insert(port, key);
    }

    /// Forgets the key of a port.
    pub fn remove(&mut self, port: HostPort) {
        self.keys.remove(&port);
    }
}

impl fmt::Display for KnownHosts {
    /// Writes the whole file, lowest port first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys.iter().try_for_each(|(port, key)| writeln!(f, "{} {key}", host(*port)))
    }
}

/// The name under which OpenSSH looks a port up.
fn host(port: HostPort) -> String {
    match port.get() {
        22 => "127.0.0.1".to_owned(),
        port => format!("[127.0.0.1]:{port}"),
    }
}

fn entry(line: &str) -> Option<(HostPort, HostKey)> {
    let (name, key) = line.split_once(' ')?;
    let port = match name {
        "127.0.0.1" => HostPort::new(22).ok()?,
        _ => name.strip_prefix("[127.0.0.1]:")?.parse().ok()?,
    };
    (host(port) == name).then_some(())?;
    Some((port, HostKey::parse(key).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;

    const A: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvD4Rr1dHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";
    const B: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHHHHHHHHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";

    #[test]
    fn one_line_a_port() -> Result {
        let mut hosts = KnownHosts::default();
        hosts.pin(HostPort::new(2301)?, HostKey::parse(A)?);
        hosts.pin(HostPort::new(2300)?, HostKey::parse(A)?);
        hosts.pin(HostPort::new(2300)?, HostKey::parse(B)?);
        let text = hosts.to_string();
        assert_eq!(text, format!("[127.0.0.1]:2300 {B}\n[127.0.0.1]:2301 {A}\n"));
        assert_eq!(KnownHosts::parse(&text), hosts);
        hosts.remove(HostPort::new(2300)?);
        assert_eq!(hosts.to_string(), format!("[127.0.0.1]:2301 {A}\n"));
        Ok(())
    }

    #[test]
    fn only_exact_entries_count() -> Result {
        for line in [
            format!("[127.0.0.1]:2300,[localhost]:2300 {A}"),
            format!("* {A}"),
            format!("@cert-authority [127.0.0.1]:2300 {A}"),
            format!("[127.0.0.1]:02300 {A}"),
            format!("[127.0.0.1]:2300  {A}"),
            format!("[127.0.0.1]:2300 {A}\n[127.0.0.1]:2300 {B}"),
            format!("# [127.0.0.1]:2300 {A}"),
            "[127.0.0.1]:2300 ssh-rsa AAAA".to_owned(),
        ] {
            assert_eq!(KnownHosts::parse(&line).get(HostPort::new(2300)?), None, "{line}");
        }
        Ok(())
    }
}
