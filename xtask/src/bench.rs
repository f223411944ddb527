//! `cargo xtask bench`: builds the measured program and runs the benchmark.

use std::process::ExitCode;

use crate::project::{self, succeed};

/// Builds `cai` as it is published and measures it. The benchmark itself is a
/// program of the tests' package, whose engine it uses.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let build = ["build", "--profile=dist", "--package=containai-cli", "--bin=cai"];
    succeed(project::cargo(&build))?;
    let mut bench =
        project::cargo(&["run", "--quiet", "--package=containai-tests", "--bin=bench", "--"]);
    bench.args(args).env("CONTAINAI_TEST_CAI", project::target_dir()?.join("dist/cai"));
    succeed(project::as_root(bench))?;
    Ok(ExitCode::SUCCESS)
}
