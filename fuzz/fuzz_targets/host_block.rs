//! No path and no forward can add a line to a fragment or end an argument: as
//! ssh_config(5) reads it, each option has the one value that was meant.

#![no_main]

use std::path::{Path, PathBuf};

use containai_core::naming::{ContainerName, HostPort, SshAlias};
use containai_ssh::{ForwardAgent, HostBlock, LocalForward, include};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|given: (&str, &str, u16, &str)| {
    let (identity, known_hosts, port, forward) = given;
    let Ok(name) = ContainerName::parse("api-main") else { return };
    let Ok(port) = HostPort::new(port) else { return };
    let forward: Option<LocalForward> = forward.parse().ok();
    let block = HostBlock {
        alias: SshAlias::of(&name),
        port,
        user: "agent".to_owned(),
        identity: PathBuf::from(identity),
        known_hosts: PathBuf::from(known_hosts),
        forward_agent: ForwardAgent::No,
        local_forwards: forward.clone().into_iter().collect(),
    };
    let Ok(text) = block.render() else { return };
    let lines: Vec<&str> = text.split('\n').collect();
    // Nothing stands behind the last line's end.
    let expected = 23 + usize::from(forward.is_some());
    assert_eq!(lines.len(), expected, "{text}");
    assert_eq!(value(&lines, "IdentityFile"), identity);
    assert_eq!(value(&lines, "UserKnownHostsFile"), known_hosts);
    assert!(!text.contains(['\r', '\0']));
    if let Some(forward) = forward {
        let line = lines.iter().find_map(|line| line.strip_prefix("  LocalForward "));
        assert_eq!(line, Some(forward.to_string().as_str()));
        assert_eq!(forward.to_string().split(' ').count(), 2);
    }
    if let Ok(pattern) = include::pattern_below(Path::new(identity)) {
        let added = include::add("", &pattern).expect("it was not there");
        assert_eq!(added.lines().count(), 1);
        assert_eq!(include::add(&added, &pattern), None, "a second time");
    }
});

/// The argument of an option, read back as OpenSSH does: out of its quotes, with
/// `%%` for one `%`.
fn value(lines: &[&str], option: &str) -> String {
    let prefix = format!("  {option} ");
    let mut found = lines.iter().filter_map(|line| line.strip_prefix(&prefix));
    let argument = found.next().expect("the option is there");
    assert_eq!(found.next(), None, "{option} stands once");
    let inner = match argument.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').expect("a quote ends"),
        None => {
            assert!(!argument.contains([' ', '\t', '#', '\'']), "{argument} needs quotes");
            argument
        }
    };
    assert!(!inner.contains('"') && !inner.contains("${"));
    let without = inner.replace("%%", "");
    assert!(!without.contains('%'), "{inner} has a token");
    inner.replace("%%", "%")
}
