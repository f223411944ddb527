//! The output of `cai version`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The output of `cai version --json`.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub(crate) struct VersionOutput {
    /// The version of `cai`, by semantic versioning.
    version: &'static str,
    /// The operating system and CPU architecture that it was built for.
    target: &'static str,
}

impl VersionOutput {
    pub(crate) fn current() -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), target: concat_target() }
    }
}

impl fmt::Display for VersionOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cai {} ({})", self.version, self.target)
    }
}

const fn concat_target() -> &'static str {
    match (cfg!(target_os = "linux"), cfg!(target_arch = "x86_64"), cfg!(target_arch = "aarch64")) {
        (true, true, _) => "linux-x86_64",
        (true, _, true) => "linux-aarch64",
        (false, true, _) => "x86_64",
        (false, _, true) => "aarch64",
        _ => "unknown",
    }
}
