//! The engine that end-to-end tests keep running for the next run.

use std::path::PathBuf;
use std::process::Command;

/// Stops it. A failure is printed and does not fail the run.
pub(crate) fn stop() {
    // The tests run as root, by sudo if necessary; `containai_tests::TestRoot` defines the path.
    let tests = std::env::var_os("CONTAINAI_TEST_ROOT").map(PathBuf::from);
    let root = tests.unwrap_or_else(|| "/var/tmp/containai-tests-0".into()).join("engine");
    let supervisor = root.join("usr/local/libexec/containai/containai-engine");
    if !supervisor.exists() {
        return;
    }
    let mut command = match nix::unistd::geteuid().is_root() {
        true => Command::new(&supervisor),
        false => {
            let mut sudo = Command::new("sudo");
            sudo.arg(&supervisor);
            sudo
        }
    };
    match command.arg("stop").arg(&root).status() {
        Ok(status) if status.success() => {}
        outcome => eprintln!("warning: cannot stop the tests' engine: {outcome:?}"),
    }
}
