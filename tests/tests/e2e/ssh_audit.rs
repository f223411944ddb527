//! What an auditor of SSH servers thinks of a container's.

use std::process::Command;

use containai_tests::{Person, Place};

const AUDITOR: &str = "ssh-audit==3.9.0";

/// What it warns about and has to stay: the servers of older distributions
/// have no key exchange against quantum computers that our client has, too,
/// and many clients have none at all.
const KNOWN: &str = "does not provide protection against post-quantum attacks";

/// The auditor, from Python's package index.
fn auditor() -> Command {
    let place = Place::root().join("audit").join(AUDITOR);
    if !place.join("ssh_audit").exists() {
        let mut install = Command::new("pip3");
        install.args(["install", "--quiet", "--no-deps", "--target"]).arg(&place).arg(AUDITOR);
        assert!(install.status().expect("pip3 is installed").success(), "no {AUDITOR}");
    }
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", place).args(["-m", "ssh_audit.ssh_audit", "--no-colors"]);
    command
}

#[test]
fn an_auditor_finds_nothing_but_what_has_to_stay() {
    let person = Person::new();
    let repository = person.repository("audit");
    person.run(&repository, "true").success();
    let container = person.container(repository.path());
    let port = container["Config"]["Labels"]["containai.ssh-port"].as_str().expect("a port");
    let output = auditor().args(["-p", port, "127.0.0.1"]).output().expect("python3 is installed");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("(key) ssh-ed25519"), "{report}");
    assert!(!report.contains("[fail]"), "{report}");
    let warnings = report.lines().filter(|line| line.contains("[warn]"));
    let surprising: Vec<_> = warnings.filter(|line| !line.contains(KNOWN)).collect();
    assert!(surprising.is_empty(), "{surprising:#?}");
}
