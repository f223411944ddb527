//! An audit of a container's SSH server.

use std::process::Command;

use containai_tests::{Person, TestRoot};

const AUDITOR: &str = "ssh-audit==3.9.0";

/// A warning that has to stay: the servers of older distributions have no post-quantum key exchange
/// that our client supports, and many clients have none at all.
const KNOWN_WARNING: &str = "does not provide protection against post-quantum attacks";

/// Returns the auditor, from Python's package index.
fn auditor() -> Command {
    let place = TestRoot::root().join("audit").join(AUDITOR);
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
fn audit_finds_only_known_warnings() {
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
    let surprising: Vec<_> = warnings.filter(|line| !line.contains(KNOWN_WARNING)).collect();
    assert!(surprising.is_empty(), "{surprising:#?}");
}
