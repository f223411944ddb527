//! The checkout, and programs run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

/// Returns the top directory of the checkout.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Returns the cargo that runs this program, in the checkout. It does not get the variables of this
/// package: build scripts that read them, such as ring's, would run again after each change between
/// `cargo` and `cargo xtask`.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Has cargo run its test binaries as root: the tests create files of other users and namespaces.
pub(crate) fn as_root(mut cargo: Command) -> Command {
    if !nix::unistd::geteuid().is_root() {
        let triple = format!("{}_UNKNOWN_LINUX_GNU", std::env::consts::ARCH.to_uppercase());
        let kept =
            "sudo --preserve-env=INSTA_UPDATE,CONTAINAI_TEST_CAI,CONTAINAI_COMPATIBILITY_TABLE";
        cargo.env(format!("CARGO_TARGET_{triple}_RUNNER"), kept);
    }
    cargo
}

/// Returns cargo's metadata of the workspace's own packages.
pub(crate) fn metadata() -> anyhow::Result<Value> {
    let text = output_of(cargo(&["metadata", "--format-version=1", "--no-deps"]))?;
    serde_json::from_str(&text).context("cargo's metadata is not JSON")
}

/// Returns cargo's target directory.
pub(crate) fn target_dir() -> anyhow::Result<PathBuf> {
    let metadata = metadata()?;
    let directory = metadata["target_directory"].as_str();
    directory.map(PathBuf::from).context("cargo names no target directory")
}

/// Runs a program that inherits the standard streams and has to succeed.
pub(crate) fn succeed(mut command: Command) -> anyhow::Result<()> {
    let line = line_of(&command);
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    anyhow::ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// Runs a program and returns its output.
pub(crate) fn output_of(mut command: Command) -> anyhow::Result<String> {
    let line = line_of(&command);
    let output = command.output().with_context(|| format!("cannot start `{line}`"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "`{line}` failed: {}", stderr.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns a command as one line, for messages.
pub(crate) fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
