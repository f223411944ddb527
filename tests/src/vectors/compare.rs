//! Comparison of a folder of vectors.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::functions;
use super::record::Record;
use super::report::{FileReport, Report, Verdict};

/// Compares every file of vectors in a folder: `*.jsonl`, and the shipped manifests in
/// `manifest_artifacts.json`.
///
/// # Errors
///
/// When the folder or a file cannot be read, or holds no vectors. A line that cannot be parsed is a
/// difference.
pub fn compare_dir(dir: &Path) -> Result<Report> {
    let unreadable = || format!("cannot read `{}`", dir.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl")
            || path.ends_with(functions::ARTIFACTS)
        {
            paths.push(path);
        }
    }
    paths.sort();
    anyhow::ensure!(!paths.is_empty(), "`{}` holds no vectors", dir.display());
    let files: Result<_> = paths.iter().map(|path| compare_file(path)).collect();
    Ok(Report { files: files? })
}

fn compare_file(path: &Path) -> Result<FileReport> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut report = FileReport {
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        ..FileReport::default()
    };
    if path.ends_with(functions::ARTIFACTS) {
        functions::compare_artifacts(&text, &mut report)?;
        return Ok(report);
    }
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (function, verdict) = match Record::parse(line) {
            Ok(record) => {
                let verdict = functions::compare(&record)
                    .unwrap_or_else(|error| Verdict::Differs(format!("{error:#}")));
                (record.function, verdict)
            }
            Err(error) => (String::new(), Verdict::Differs(format!("{error:#}"))),
        };
        report.count(index + 1, &function, verdict);
    }
    Ok(report)
}
