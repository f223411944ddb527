//! The steps of `cargo xtask test`.

use crate::project::{self, succeed};
use crate::{book, msrv, package, reference, tidy};

/// One check.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: fn() -> anyhow::Result<()>,
}

/// All steps, cheap ones first.
pub(super) const STEPS: [Step; 10] = [
    Step { name: "fmt", about: "the form of the code", run: fmt },
    Step { name: "tidy", about: "the rules of the house", run: tidy },
    Step { name: "book", about: "links and generated parts of the documents", run: book::check },
    Step { name: "msrv", about: "the oldest supported toolchain", run: msrv::check },
    Step { name: "package", about: "the packages to publish", run: package::pack },
    Step { name: "unit", about: "unit, snapshot and property tests", run: unit },
    Step { name: "clippy", about: "lints", run: clippy },
    Step { name: "doc", about: "the documentation", run: doc },
    Step { name: "reference", about: "the reference pages are not stale", run: reference::check },
    Step { name: "e2e", about: "end-to-end tests on a real engine", run: e2e },
];

/// Containers boot while others are checked; two cores can run three tests at a time.
const THREADS: &str = "--test-threads=3";

fn fmt() -> anyhow::Result<()> {
    succeed(project::cargo(&["fmt", "--all", "--check"]))
}

fn tidy() -> anyhow::Result<()> {
    match tidy::findings()?.as_slice() {
        [] => Ok(()),
        findings => anyhow::bail!("{}", findings.join("\n")),
    }
}

/// Packages and features that all test programs are built with, so that they share their dependencies.
const TEST: [&str; 4] = ["test", "--locked", "--workspace", "--features=containai-examples/engine"];

fn unit() -> anyhow::Result<()> {
    let mut command = project::cargo(&TEST);
    command.arg("--no-fail-fast").env("INSTA_UPDATE", "no");
    succeed(command)
}

/// The suites that need an engine. `--all-targets` does not include them, since they are run by name.
const SUITES: [&str; 4] =
    ["--test=e2e", "--test=restart", "--test=documentation", "--test=sandbox"];

fn clippy() -> anyhow::Result<()> {
    for targets in [&["--all-targets"][..], &SUITES] {
        let mut command = project::cargo(&["clippy", "--locked", "--workspace"]);
        command.arg("--features=containai-examples/engine").args(targets);
        command.args(["--", "-D", "warnings"]);
        succeed(command)?;
    }
    Ok(())
}

fn doc() -> anyhow::Result<()> {
    let mut command = project::cargo(&["doc", "--locked", "--workspace", "--no-deps", "--quiet"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    succeed(command)
}

fn e2e() -> anyhow::Result<()> {
    succeed(project::cargo(&["build", "--locked", "--package=containai-cli", "--bin=cai"]))?;
    let mut command = project::cargo(&TEST);
    command.args(SUITES).args(["--no-fail-fast", "--", THREADS]).env("INSTA_UPDATE", "no");
    succeed(project::as_root(command))
}
