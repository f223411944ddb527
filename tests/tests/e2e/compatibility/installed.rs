//! Clients that no distribution's package brings in the version we want.

use std::path::PathBuf;
use std::process::Command;

use containai_tests::Place;

use super::container::output;

/// A program of the Python environment that `cargo xtask test` makes.
#[track_caller]
pub(super) fn python(program: &str) -> Command {
    Command::new(installed(&format!("python/bin/{program}")))
}

/// Node, with the packages that `cargo xtask test` installs.
#[track_caller]
pub(super) fn node() -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", installed("node/node_modules"));
    command
}

/// The version of a Python package.
#[track_caller]
pub(super) fn python_version(package: &str) -> String {
    let script = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))";
    output(python("python").args(["-c", script, package])).trim().to_owned()
}

/// A script beside these tests.
pub(super) fn script(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/e2e/compatibility", name].iter().collect()
}

#[track_caller]
fn installed(path: &str) -> PathBuf {
    let path = Place::root().join("clients").join(path);
    assert!(
        path.exists(),
        "`{}` is missing: `cargo xtask test` and `cargo xtask compatibility` install it",
        path.display()
    );
    path
}
