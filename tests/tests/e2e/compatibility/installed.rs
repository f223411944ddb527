//! Clients that distributions do not package in the required version.

use std::path::PathBuf;
use std::process::Command;

use containai_tests::TestRoot;

use super::container::output;

/// Returns a program of the Python environment that `cargo xtask test` creates.
#[track_caller]
pub(super) fn python(program: &str) -> Command {
    Command::new(installed(&format!("python/bin/{program}")))
}

/// Returns Node with the packages that `cargo xtask test` installs.
#[track_caller]
pub(super) fn node() -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", installed("node/node_modules"));
    command
}

/// Returns the version of a Python package.
#[track_caller]
pub(super) fn python_version(package: &str) -> String {
    let script = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))";
    output(python("python").args(["-c", script, package])).trim().to_owned()
}

/// Returns the path of a script in this directory.
pub(super) fn script(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/e2e/compatibility", name].iter().collect()
}

#[track_caller]
fn installed(path: &str) -> PathBuf {
    let path = TestRoot::root().join("clients").join(path);
    assert!(
        path.exists(),
        "`{}` is missing: `cargo xtask test` and `cargo xtask compatibility` install it",
        path.display()
    );
    path
}
