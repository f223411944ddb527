//! Parsed pins are written and parsed again unchanged, and only a line that pins exactly this port
//! is used.

#![no_main]

use containai_core::naming::{HostKeyAlias, HostPort};
use containai_ssh::KnownHosts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let hosts = KnownHosts::parse(text);
    let written = hosts.to_string();
    assert_eq!(KnownHosts::parse(&written), hosts);
    for line in written.lines() {
        assert!(text.lines().any(|read| read.starts_with(line)), "{line:?} was made up");
    }
    let Ok(port) = HostPort::new(2300) else { return };
    let name = HostKeyAlias::here(port);
    let Some(key) = hosts.get(&name).cloned() else { return };
    let mut other = hosts.clone();
    other.remove(&name);
    assert_eq!(other.get(&name), None);
    other.pin(name, key);
    assert_eq!(other, hosts);
});
