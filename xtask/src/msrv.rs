//! The oldest toolchain that builds the project, `rust-version`.

use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use crate::project::{self, succeed};

/// Checks that no locked dependency needs a newer toolchain, and builds with
/// that toolchain where rustup has it. Clippy's `incompatible_msrv` checks the
/// use of the standard library, in the step `clippy`.
pub(crate) fn check() -> anyhow::Result<()> {
    let text = project::output_of(project::cargo(&["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo's metadata is not JSON")?;
    let oldest = oldest(&metadata).context("`Cargo.toml` names no `rust-version`")?;
    let newer = newer(&metadata, &oldest);
    anyhow::ensure!(newer.is_empty(), "newer than Rust {oldest}: {}", newer.join(", "));
    if has_toolchain(&oldest) {
        let mut rustup = Command::new("rustup");
        rustup.args(["run", &oldest, "cargo", "check", "--locked", "--workspace"]);
        rustup.current_dir(project::root());
        succeed(rustup)?;
    }
    Ok(())
}

/// The `rust-version` of the workspace's packages.
fn oldest(metadata: &Value) -> Option<String> {
    let packages = metadata["packages"].as_array()?;
    let core = packages.iter().find(|package| package["name"] == "containai-core")?;
    core["rust_version"].as_str().map(str::to_owned)
}

/// The packages that need a newer toolchain than this one.
fn newer(metadata: &Value, oldest: &str) -> Vec<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let describe = |package: &Value| {
        let needed = package["rust_version"].as_str()?;
        let is_newer = numbers(needed) > numbers(oldest);
        let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
        is_newer.then(|| format!("`{name}` {version} needs {needed}"))
    };
    packages.iter().filter_map(describe).collect()
}

/// `1.89` as numbers, with zeros for the parts that are left out.
fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or_default());
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn has_toolchain(version: &str) -> bool {
    let mut rustup = Command::new("rustup");
    rustup.args(["toolchain", "list"]);
    project::output_of(rustup).is_ok_and(|list| list.lines().any(|line| line.starts_with(version)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dependencies_do_not_need_a_newer_toolchain() {
        let packages = json!({ "packages": [
            { "name": "containai-core", "version": "0.1.0", "rust_version": "1.89" },
            { "name": "old", "version": "1.0.0", "rust_version": "1.9" },
            { "name": "same", "version": "1.0.0", "rust_version": "1.89.0" },
            { "name": "new", "version": "2.0.0", "rust_version": "1.90" },
            { "name": "silent", "version": "1.0.0", "rust_version": null },
        ] });
        assert_eq!(oldest(&packages).as_deref(), Some("1.89"));
        assert_eq!(newer(&packages, "1.89"), ["`new` 2.0.0 needs 1.90"]);
    }
}
