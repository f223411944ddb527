//! The README names the two commands of the set-up, and continuous integration runs the second.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// What the first command begins with, and the second one.
const COMMANDS: [&str; 2] =
    ["cargo run --release -p containai-cli --bin cai -- run --yes ", "cargo xtask test"];

/// One finding for each command that is missing.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read `{path}`"))
    };
    let (readme, ci) = (read("README.md")?, read(".ci/run")?);
    let [first, second] = COMMANDS;
    let mut findings = Vec::new();
    if !readme.lines().any(|line| line.starts_with(first)) {
        findings.push(format!("README.md: no line begins with `{first}`"));
    }
    if !readme.lines().any(|line| line == second) {
        findings.push(format!("README.md: no line is `{second}`"));
    }
    if !ci.contains(&format!("exec {second}")) {
        findings.push(format!(".ci/run: does not run `{second}`"));
    }
    Ok(findings)
}
