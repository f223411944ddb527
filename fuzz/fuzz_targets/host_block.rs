//! No path, option or engine address can add a line to a fragment or end an argument: as
//! ssh_config(5) reads it, each option has the one intended value.

#![no_main]

use std::path::{Path, PathBuf};

use containai_core::naming::{ContainerName, HostPort, SshAlias};
use containai_ssh::{ClientOptions, ForwardAgent, HostBlock, SshConfigFile, include};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|given: (&str, &str, u16, &str, &str)| {
    let (identity, known_hosts, port, engine, option) = given;
    let Ok(name) = ContainerName::parse("api-main") else { return };
    let Ok(port) = HostPort::new(port) else { return };
    let options: Vec<_> = option.parse().ok().into_iter().collect();
    let further = options.len();
    let block = HostBlock {
        alias: SshAlias::of(&name),
        port,
        user: "agent".to_owned(),
        identity: PathBuf::from(identity),
        known_hosts: PathBuf::from(known_hosts),
        engine: Some(engine.to_owned()),
        proxy: None,
        connector: None,
        client_options: ClientOptions::new(ForwardAgent::No, Vec::new(), options),
    };
    let Ok(text) = block.render() else { return };
    let read = SshConfigFile::parse("containai-api-main.conf", &text).expect("it is ours");
    let is_line = !engine.contains(char::is_control);
    assert_eq!(read.engine.as_deref(), is_line.then_some(engine));
    assert_eq!((read.name, read.port), (name, Some(port)));
    let lines: Vec<&str> = text.split('\n').collect();
    // Nothing follows the end of the last line.
    assert_eq!(lines.len(), 23 + further + usize::from(is_line), "{text}");
    assert_eq!(value(&lines, "IdentityFile"), identity);
    assert_eq!(value(&lines, "UserKnownHostsFile"), known_hosts);
    assert!(!text.contains(['\r', '\0']));
    if let Ok(pattern) = include::pattern_below(Path::new(identity)) {
        let added = include::add(b"", &pattern).expect("it was not there");
        assert_eq!(added.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(include::add(&added, &pattern), None, "a second time");
    }
});

/// Returns the argument of an option as OpenSSH reads it: unquoted, with `%%` as one `%`.
fn value(lines: &[&str], option: &str) -> String {
    let prefix = format!("  {option} ");
    // OpenSSH uses the first one; the user's options come after ours.
    let mut found = lines.iter().filter_map(|line| line.strip_prefix(&prefix));
    let argument = found.next().expect("the option is there");
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
