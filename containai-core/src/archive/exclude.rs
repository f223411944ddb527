//! Exclusions from exports, as options of GNU tar.

use super::manifest::MANIFEST;
use crate::layout::{VOLUME_IMPORT_ID, VOLUME_STAGING};

/// Returns tar's options for `patterns` and for everything that is never exported. A pattern is a
/// path on the volume, or a file name pattern if it contains a wildcard and no slash.
///
/// Never exported is state of one particular volume: its import id, the staging directory of a
/// restore, and a file with the name of the archive manifest.
#[must_use]
pub fn tar_exclude_options(patterns: &[String]) -> Vec<String> {
    let mut options = vec!["--anchored".to_owned(), "--no-wildcards".to_owned()];
    options.extend([VOLUME_IMPORT_ID, VOLUME_STAGING, MANIFEST].map(exclude_option));
    let (names, paths): (Vec<_>, Vec<_>) = patterns
        .iter()
        .map(|pattern| pattern.trim_matches('/'))
        .filter(|pattern| !pattern.is_empty())
        .partition(|pattern| !pattern.contains('/') && pattern.contains(['*', '?', '[']));
    options.extend(paths.into_iter().map(exclude_option));
    if !names.is_empty() {
        options.extend(["--no-anchored", "--wildcards"].map(str::to_owned));
        options.extend(names.into_iter().map(|name| format!("--exclude={name}")));
    }
    options
}

fn exclude_option(path: &str) -> String {
    format!("--exclude=./{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_anchored_and_name_patterns_are_not() {
        let patterns = ["/claude/projects/", "*.log", "codex", "a*/b", "/"].map(str::to_owned);
        insta::assert_snapshot!(tar_exclude_options(&patterns).join("\n"), @r"
        --anchored
        --no-wildcards
        --exclude=./.containai/import
        --exclude=./.containai-restore
        --exclude=./.containai-export.toml
        --exclude=./claude/projects
        --exclude=./codex
        --exclude=./a*/b
        --no-anchored
        --wildcards
        --exclude=*.log
        ");
    }
}
