//! `cargo xtask compatibility`: third-party SSH clients and the table of results.

use std::fs;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::project::{self, succeed};
use crate::test;

/// Runs the suite, which writes `docs/compatibility.md`; a failed client is recorded in the table,
/// too.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    test::provision()?;
    let docs = project::root().join("docs");
    fs::create_dir_all(&docs).with_context(|| format!("cannot make `{}`", docs.display()))?;
    succeed(project::cargo(&["build", "--locked", "--package=containai-cli", "--bin=cai"]))?;
    let args = ["test", "--locked", "--package=containai-tests", "--test=e2e", "--"];
    let mut command = project::cargo(&args);
    command.args(["compatibility::", "--test-threads=3"]);
    command.env("CONTAINAI_COMPATIBILITY_TABLE", docs.join("compatibility.md"));
    let outcome = succeed(project::as_root(command));
    test::stop_engine();
    outcome.map(|()| ExitCode::SUCCESS)
}
