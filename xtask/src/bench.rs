//! `cargo xtask bench`: builds what is measured and hands over to the bench.

use std::process::ExitCode;

use crate::project::{self, succeed};

/// Builds a release of `cai` and measures it. The bench itself lives beside the
/// tests, whose engine it uses.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let build = project::cargo(&["build", "--release", "--package=containai-cli", "--bin=cai"]);
    succeed(build)?;
    let mut bench =
        project::cargo(&["run", "--quiet", "--package=containai-tests", "--bin=bench", "--"]);
    bench.args(args).env("CONTAINAI_TEST_CAI", project::target_dir()?.join("release/cai"));
    succeed(project::as_root(bench))?;
    Ok(ExitCode::SUCCESS)
}
