//! Manifests and excludes.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use containai_core::import::filter_git_config;
use containai_core::manifest::{
    Exclude, ImportPath, Manifest, ManifestEntry, ManifestEntryKind, plan_import,
};
use serde_json::{Value, json};

use super::artifacts::manifests;
use crate::vectors::record::Record;
use crate::vectors::report::Verdict;

pub(super) fn rewrite_excludes(record: &Record) -> Result<Verdict> {
    let entries: Result<Vec<_>> = record.texts("entries")?.into_iter().map(import_entry).collect();
    let excludes =
        record.texts("excludes")?.into_iter().map(|text| match text.strip_prefix("@silent:") {
            Some(text) => Exclude::built_in(text),
            None => Exclude::new(text),
        });
    let plan = plan_import(&entries?, "/target", &excludes.collect::<Vec<_>>());
    let kept = plan.entries.into_iter().map(|entry| {
        json!({
            "source": entry.source,
            "target": entry.target,
            "flags": entry.flags,
            "excludes": entry.excludes,
        })
    });
    Ok(record.compare(kept.collect::<Vec<_>>(), 0))
}

fn import_entry(text: &str) -> Result<ImportPath> {
    let mut parts = text.split(':').map(str::to_owned);
    let mut next = || parts.next().with_context(|| format!("`{text}` is no entry"));
    Ok(ImportPath { source: next()?, target: next()?, flags: next()?, excludes: Vec::new() })
}

pub(super) fn parse_manifest(record: &Record) -> Result<Verdict> {
    // The recording does not repeat the shipped manifests.
    let manifests = match record.input["manifest"].as_str() {
        Some(text) => vec![Manifest::parse(text)],
        None => manifests(),
    };
    let with_disabled = record.texts("args")?.contains(&"--include-disabled");
    let entries = manifests.into_iter().flat_map(|manifest| manifest.entries);
    let entries = entries.filter(|entry| with_disabled || !entry.disabled);
    let lines: Vec<Value> = entries.map(|entry| line(&entry).into()).collect();
    Ok(record.compare(lines, 0))
}

/// Compares the removed lines: everything that the recording removes is removed, and in addition
/// only programs and files that other files name.
pub(super) fn git_config(record: &Record) -> Result<Verdict> {
    let ours =
        filter_git_config(record.input["gitconfig"].as_str().unwrap_or_default(), &BTreeMap::new())
            .text;
    let recorded = record.output["written"].as_str().context("nothing was written")?;
    let is_dropped = |line: &&str| {
        ["includeIf", "gitconfig-work", "sshCommand", "hooksPath"]
            .iter()
            .any(|word| line.contains(word))
    };
    let expected: Vec<&str> = recorded.lines().filter(|line| !is_dropped(line)).collect();
    // An editor that may be missing gets a substitute.
    let original = |line: &'_ str| match line.contains("command -v 'vim'") {
        true => "\teditor = vim".to_owned(),
        false => line.to_owned(),
    };
    let lines: Vec<String> = ours.lines().map(original).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    // A section without remaining lines has no header either.
    if expected.first() == Some(&"[core]") && expected.get(1) == Some(&"[safe]") {
        lines.insert(0, "[core]");
    }
    Ok(match lines == expected {
        true => Verdict::Matches,
        false => Verdict::Differs(ours.clone()),
    })
}

fn line(entry: &ManifestEntry) -> String {
    let kind = match entry.kind {
        ManifestEntryKind::Import => "entry",
        ManifestEntryKind::Symlink => "symlink",
    };
    let ManifestEntry { source, target, container_link, flags, disabled, .. } = entry;
    let optional = entry.is_optional();
    format!("{source}|{target}|{container_link}|{flags}|{disabled}|{kind}|{optional}")
}
