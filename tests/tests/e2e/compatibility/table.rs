//! The table of results.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;

/// The file to which `cargo xtask compatibility` wants the table written. Without it nothing is
/// written, so that a run of the tests does not change the checkout.
const FILE: &str = "CONTAINAI_COMPATIBILITY_TABLE";

const HEAD: &str = "\
# Compatibility

Written by `cargo xtask compatibility`, which runs each client against a live container. All of them check the host key
that `cai` pinned; none runs with `StrictHostKeyChecking` off.

| client | version | feature | result |
|---|---|---|---|
";

/// The results by client, version and feature.
static RESULTS: Mutex<BTreeMap<(String, String, String), String>> = Mutex::new(BTreeMap::new());

/// A client whose features are being tried.
#[derive(Clone, Debug)]
pub(super) struct Client {
    name: &'static str,
    version: String,
}

impl Client {
    pub(super) fn new(name: &'static str, version: impl Into<String>) -> Self {
        Self { name, version: version.into() }
    }

    /// Tries one feature and records the result; a panic is propagated.
    pub(super) fn can(&self, feature: &str, trial: impl FnOnce()) {
        let tried = catch_unwind(AssertUnwindSafe(trial));
        self.record(feature, if tried.is_ok() { "works" } else { "FAILED" });
        if let Err(panic) = tried {
            eprintln!("{} {}: {feature}: failed", self.name, self.version);
            resume_unwind(panic);
        }
    }

    /// Records why this machine cannot try a feature.
    pub(super) fn cannot_be_tried(&self, feature: &str, why: &str) {
        self.record(feature, &format!("not tried: {why}"));
    }

    fn record(&self, feature: &str, result: &str) {
        let mut results = RESULTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let row = (self.name.to_owned(), self.version.clone(), feature.to_owned());
        results.insert(row, result.to_owned());
        let Some(file) = std::env::var_os(FILE) else { return };
        let mut text = HEAD.to_owned();
        for ((client, version, feature), result) in results.iter() {
            let _ = writeln!(text, "| {client} | {version} | {feature} | {result} |");
        }
        fs::write(&file, text).expect("the table can be written");
    }
}
