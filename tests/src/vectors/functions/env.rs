//! Environment files.

use std::collections::BTreeMap;

use anyhow::Result;
use containai_core::config::parse_env_file;
use serde_json::json;

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

pub(super) fn parse_file(record: &Record) -> Result<Verdict> {
    // What is no file was recorded without its content.
    let Some(text) = record.input["file"].as_str() else {
        return Ok(record.judge(json!({}), 1));
    };
    let entries = parse_env_file(text).into_iter();
    let values: BTreeMap<_, _> =
        entries.map(|entry| (entry.name.to_string(), entry.value)).collect();
    Ok(record.judge(json!(values), 0))
}
