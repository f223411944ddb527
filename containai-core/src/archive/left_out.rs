//! What of a volume does not come along, as GNU tar is told.

use super::manifest::MANIFEST;
use crate::layout::{VOLUME_STAGING, VOLUME_STAMP};

/// tar's options for everything that is never exported, and for `patterns`: a
/// path on the volume, or a pattern for names where there is no slash in it.
///
/// Never exported is what holds for one volume only: the mark of its imports,
/// what a restore is at, and what would be taken for the archive's own.
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
