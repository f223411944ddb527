//! Exclusions from exports, as options of GNU tar.

use super::manifest::MANIFEST;
use crate::layout::{VOLUME_STAGING, VOLUME_STAMP};

/// Returns tar's options for `patterns` and for everything that is never exported. A pattern is a
/// path on the volume, or a file name pattern if it contains a wildcard and no slash.
///
/// Never exported is state of one particular volume: its import id, the staging directory of a
/// restore, and a file with the name of the archive manifest.
#[must_use]
pub fn left_out(patterns: &[String]) -> Vec<String> {
    let mut options = vec!["--anchored".to_owned(), "--no-wildcards".to_owned()];
    options.extend([VOLUME_STAMP, VOLUME_STAGING, MANIFEST].map(exclude));
    let (names, paths): (Vec<_>, Vec<_>) = patterns
        .iter()
        .map(|pattern| pattern.trim_matches('/'))
        .filter(|pattern| !pattern.is_empty())
        .partition(|pattern| !pattern.contains('/') && pattern.contains(['*', '?', '[']));
    options.extend(paths.into_iter().map(exclude));
    if !names.is_empty() {
        options.extend(["--no-anchored", "--wildcards"].map(str::to_owned));
        options.extend(names.into_iter().map(|name| format!("--exclude={name}")));
    }
    options
}

fn exclude(path: &str) -> String {
    format!("--exclude=./{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names_are_told_apart() {
        let patterns = ["/claude/projects/", "*.log", "codex", "a*/b", "/"].map(str::to_owned);
        insta::assert_snapshot!(left_out(&patterns).join("\n"), @r"
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
