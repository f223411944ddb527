//! Environment files.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use containai_core::config::{
    Config, ConfigLayers, EnvEntry, EnvFile, FileText, select_session_env,
};
use containai_core::naming::EnvName;
use serde_json::{Value, json};

use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

pub(super) fn parse_file(record: &Record) -> Result<Verdict> {
    // The content of other file types was not recorded.
    let Some(text) = record.input["file"].as_str() else {
        return Ok(record.compare(json!({}), 1));
    };
    let entries = EnvFile::parse(text).entries.into_iter();
    let values: BTreeMap<_, _> =
        entries.map(|entry| (entry.name.to_string(), entry.value)).collect();
    // Values of several lines are imported; the shell version dropped them, and took their lines for
    // variables.
    let meant = match record.text("case")? {
        "multiline body lines parsed separately" => json!({"A": "line1\nC=inside\nend", "B": "1"}),
        "pem-like" => json!({"KEY": "-----BEGIN\nabc=\n-----END", "B": "1"}),
        _ => return Ok(record.compare(json!(values), 0)),
    };
    Ok(matches_meant(&json!(values), &meant))
}

/// Compares with the answer that is meant where the recorded one is wrong.
fn matches_meant(found: &Value, meant: &Value) -> Verdict {
    if found == meant { Verdict::Matches } else { Verdict::Differs(found.to_string()) }
}

pub(super) fn read_host(record: &Record) -> Result<Verdict> {
    let names: Result<Vec<_>, _> = record.texts("allow")?.into_iter().map(EnvName::parse).collect();
    let found = select_session_env(&names?, |name| variable(&record.input["env"], name), &[]);
    let values: BTreeMap<_, _> =
        found.into_iter().map(|entry| (entry.name.to_string(), entry.value)).collect();
    if record.text("case")? == "multiline skipped" {
        return Ok(matches_meant(&json!(values), &json!({"A": "x\ny", "B": "1"})));
    }
    Ok(record.compare(json!(values), 0))
}

fn variable(environment: &Value, name: &str) -> Option<String> {
    environment[name].as_str().map(str::to_owned)
}

/// Compares the whole import, from the configuration to the variables in the container. Targets of
/// links in the workspace are not recorded; an end-to-end test covers them.
pub(super) fn import(record: &Record) -> Result<Verdict> {
    if record.text("case")?.contains("symlinked") {
        return Ok(Verdict::NotImplemented);
    }
    let case = record.text("case")?;
    let text = record.text("config")?.to_owned();
    let user_file = Some(FileText { path: "/c.toml".into(), text });
    // Paths outside the workspace are rejected before anything is written.
    let (found, exit) =
        match Config::resolve(&ConfigLayers { user_file, ..ConfigLayers::default() }) {
            Err(_) => (Vec::new(), record.exit),
            Ok(config) => (imported(&config, record), 0),
        };
    let is_dry = record.input["dry_run"].as_bool().context("the record has no `dry_run`")?;
    let lines: String =
        found.iter().map(|EnvEntry { name, value }| format!("{name}={value}\n")).collect();
    // A single name is a list of one name here, as in every list; the shell version ignored it.
    if case == "import not a list" {
        let is_meant = lines == "A=1\n";
        return Ok(if is_meant { Verdict::Matches } else { Verdict::Differs(lines) });
    }
    if case == "host multiline falls back to file" {
        return Ok(matches_meant(&json!(lines), &json!("A=x\ny\n")));
    }
    let written = (!lines.is_empty() && !is_dry).then_some(lines);
    Ok(record.compare(json!({"written_to_/mnt/agent-data/.env": written}), exit))
}

fn imported(config: &Config, record: &Record) -> Vec<EnvEntry> {
    let host = |name: &str| variable(&record.input["host_env"], name);
    let file = config.env_file.value.as_ref().and(record.input["env_file"].as_str());
    select_session_env(
        &config.env_import.value,
        |name| host(name).filter(|_| config.env_from_host.value),
        &EnvFile::parse(file.unwrap_or_default()).entries,
    )
}
