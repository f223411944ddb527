//! The output of `cai version`.

use std::env::consts::{ARCH, OS};
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The output of `cai version --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct VersionOutput {
    /// The version of `cai`, by semantic versioning.
    version: &'static str,
    /// The operating system and CPU architecture that it was built for.
    target: String,
}

impl VersionOutput {
    pub(crate) fn current() -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), target: format!("{OS}-{ARCH}") }
    }
}

impl fmt::Display for VersionOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cai {} ({})", self.version, self.target)
    }
}
