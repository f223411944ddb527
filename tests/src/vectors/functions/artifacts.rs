//! The shipped catalogue.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::vectors::report::{FileReport, Verdict};

/// The file that holds the shipped catalogue, reduced to data.
pub(in crate::vectors) const ARTIFACTS: &str = "manifest_artifacts.json";

/// Compares the parts of the shipped catalogue.
pub(in crate::vectors) fn compare_artifacts(text: &str, report: &mut FileReport) -> Result<()> {
    let artifacts: Value = serde_json::from_str(text)?;
    let parts = artifacts.as_object().context("the shipped catalogue is no object")?;
    for name in parts.keys() {
        report.count(1, name, Verdict::NotImplemented);
    }
    Ok(())
}
