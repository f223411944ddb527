//! Whatever the file holds, what is read is written and read back the same, and
//! only a line that pins exactly this port counts.

#![no_main]

use containai_core::naming::HostPort;
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
    let Some(key) = hosts.get(port).cloned() else { return };
    let mut other = hosts.clone();
    other.remove(port);
    assert_eq!(other.get(port), None);
    other.pin(port, key);
    assert_eq!(other, hosts);
});
