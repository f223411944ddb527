//! The pinned host keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use containai_core::naming::HostKeyAlias;
use containai_core::remote::HostKey;

/// The pinned host keys, at most one for each port of this machine and of
/// remote engines' machines.
///
/// The file has the `SSH_KNOWN_HOSTS FILE FORMAT` of sshd(8), restricted to
/// exact entries. Lines with several hosts, a pattern, a hashed name or a
/// marker would make OpenSSH trust more than the pinned keys, so they are
/// removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KnownHosts {
    keys: BTreeMap<HostKeyAlias, HostKey>,
}

impl KnownHosts {
    /// Parses a file. Lines that are not exact entries are ignored; a name with
    /// two different keys is treated as not pinned.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut keys = BTreeMap::new();
        let mut contradicted = BTreeSet::new();
        for (name, key) in text.lines().filter_map(parse_entry) {
            if keys.insert(name.clone(), key.clone()).is_some_and(|old| old != key) {
                contradicted.insert(name);
            }
        }
        keys.retain(|name, _| !contradicted.contains(name));
        Self { keys }
    }

    /// Returns the key that is pinned under a name.
    #[must_use]
    pub fn get(&self, name: &HostKeyAlias) -> Option<&HostKey> {
        self.keys.get(name)
    }

    /// Returns the names for which a key is pinned, lowest ports of this
    /// machine first.
    pub fn names(&self) -> impl Iterator<Item = &HostKeyAlias> {
        self.keys.keys()
    }

    /// Pins a key as the only one under a name.
    pub fn pin(&mut self, name: HostKeyAlias, key: HostKey) {
        self.keys.insert(name, key);
    }

    /// Removes the key of a name.
    pub fn remove(&mut self, name: &HostKeyAlias) {
        self.keys.remove(name);
    }
}

impl fmt::Display for KnownHosts {
    /// Formats the whole file, lowest port first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys.iter().try_for_each(|(name, key)| writeln!(f, "{name} {key}"))
    }
}

fn parse_entry(line: &str) -> Option<(HostKeyAlias, HostKey)> {
    let (name, key) = line.split_once(' ')?;
    Some((HostKeyAlias::parse(name)?, HostKey::parse(key).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    const A: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvD4Rr1dHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";
    const B: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHHHHHHHHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";

    fn here(port: u16) -> Result<HostKeyAlias> {
        Ok(HostKeyAlias::local(containai_core::naming::HostPort::new(port)?))
    }

    #[test]
    fn one_line_per_port() -> Result {
        let mut hosts = KnownHosts::default();
        let [low, high] = [here(2300)?, here(2301)?];
        let far = HostKeyAlias::remote("ssh://me@box", low.port());
        hosts.pin(far.clone(), HostKey::parse(A)?);
        hosts.pin(high, HostKey::parse(A)?);
        hosts.pin(low.clone(), HostKey::parse(A)?);
        hosts.pin(low.clone(), HostKey::parse(B)?);
        let text = hosts.to_string();
        assert_eq!(text, format!("[127.0.0.1]:2300 {B}\n[127.0.0.1]:2301 {A}\n{far} {A}\n"));
        assert_eq!(KnownHosts::parse(&text), hosts);
        hosts.remove(&low);
        assert_eq!(hosts.to_string(), format!("[127.0.0.1]:2301 {A}\n{far} {A}\n"));
        Ok(())
    }

    #[test]
    fn ignores_inexact_entries() -> Result {
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
            assert_eq!(KnownHosts::parse(&line).get(&here(2300)?), None, "{line}");
        }
        Ok(())
    }
}
