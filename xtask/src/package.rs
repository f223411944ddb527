//! The packages that are published: their contents and their interfaces.

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use serde_json::Value;

use crate::project::{self, succeed};

/// Packs the published packages as `cargo publish` does, without a build.
pub(crate) fn pack() -> anyhow::Result<()> {
    let mut command = project::cargo(&["package", "--locked", "--no-verify", "--allow-dirty"]);
    let packages = project::metadata()?;
    command.args(published(&packages).map(|name| format!("--package={name}")));
    succeed(command)
}

/// `cargo xtask semver [REVISION]`: compares the public interfaces of the
/// libraries with those of a revision, the latest release by default.
pub(crate) fn compare(args: &[String]) -> anyhow::Result<ExitCode> {
    let installed = project::output_of(project::cargo(&["semver-checks", "--version"]));
    installed.context("install it with `cargo install --locked cargo-semver-checks`")?;
    let revision = match args {
        [] => latest_release()?,
        [revision] => revision.clone(),
        _ => anyhow::bail!("`cargo xtask semver` takes one revision"),
    };
    let mut command = project::cargo(&["semver-checks", "check-release", "--baseline-rev"]);
    let packages = project::metadata()?;
    let libraries = published(&packages).filter(|name| *name != "containai-cli");
    command.arg(revision).args(libraries.map(|name| format!("--package={name}")));
    succeed(command)?;
    Ok(ExitCode::SUCCESS)
}

/// The names of the packages without `publish = false`.
fn published(metadata: &Value) -> impl Iterator<Item = &str> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let published = packages.iter().filter(|package| package["publish"].is_null());
    published.filter_map(|package| package["name"].as_str())
}

fn latest_release() -> anyhow::Result<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--tags", "--abbrev=0", "--match=v*"]).current_dir(project::root());
    let tag = project::output_of(git).context("no release has a tag yet: name a revision")?;
    Ok(tag.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packages_are_published_unless_they_say_no() {
        let packages = json!({ "packages": [
            { "name": "containai-core", "publish": null },
            { "name": "xtask", "publish": [] },
        ] });
        assert_eq!(published(&packages).collect::<Vec<_>>(), ["containai-core"]);
    }
}
