//! Exclusions from an import.

/// A path to copy from the home directory to the data volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPath {
    /// The path in the home directory.
    pub source: String,
    /// The path on the data volume.
    pub target: String,
    /// The flags of its manifest entry.
    pub flags: String,
    /// Patterns below the source to skip, in rsync's syntax.
    pub excludes: Vec<String>,
}

/// A configured exclusion: a path on the volume or a file name pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// The path or pattern, without slashes at either end.
    pattern: String,
    /// The treatment when it matches nothing.
    unmatched: UnmatchedExclude,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnmatchedExclude {
    Reported,
    Ignored,
}

impl Exclude {
    /// Creates an exclusion from the configuration.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.trim_matches('/').to_owned();
        Self { pattern, unmatched: UnmatchedExclude::Reported }
    }

    /// Creates a built-in exclusion, which may match nothing.
    #[must_use]
    pub fn built_in(pattern: &str) -> Self {
        Self { unmatched: UnmatchedExclude::Ignored, ..Self::new(pattern) }
    }

    /// Returns the effect on an entry with this target, a path on the volume.
    fn effect_on(&self, target: &str) -> ExcludeEffect<'_> {
        let pattern = self.pattern.as_str();
        if pattern.is_empty() {
            return ExcludeEffect::None;
        }
        if !pattern.contains('/') && pattern.contains(['*', '?', '[']) {
            return ExcludeEffect::Part(pattern);
        }
        if is_at_or_below(target, pattern) {
            return ExcludeEffect::Whole;
        }
        match pattern.strip_prefix(target).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => ExcludeEffect::Part(rest),
            None => ExcludeEffect::None,
        }
    }
}

enum ExcludeEffect<'a> {
    /// The entry is skipped.
    Whole,
    /// Part of the entry is skipped.
    Part(&'a str),
    /// The entry is not affected.
    None,
}

/// The entries of an import after exclusions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportPlan {
    /// The paths to copy, in order.
    pub entries: Vec<ImportPath>,
    /// Configured exclusions that matched nothing, probably typing errors.
    pub unmatched: Vec<String>,
}

/// Applies exclusions to the entries of an import.
///
/// `volume` is the prefix of the entries' targets, such as `/target`. An exclusion that contains
/// `*`, `?` or `[` and no slash skips every file of a matching name. Any other is a literal path on
/// the volume: it skips the entries at and below it, and that part of an entry that contains it.
#[must_use]
pub fn plan_import(entries: &[ImportPath], volume: &str, excludes: &[Exclude]) -> ImportPlan {
    let mut plan = ImportPlan::default();
    let mut matched = vec![false; excludes.len()];
    for entry in entries {
        let target = entry.target.strip_prefix(volume).unwrap_or(&entry.target);
        let mut kept = Some(entry.clone());
        for (exclude, matched) in excludes.iter().zip(&mut matched) {
            match (exclude.effect_on(target.trim_matches('/')), &mut kept) {
                (ExcludeEffect::None, _) => continue,
                (ExcludeEffect::Whole, _) => kept = None,
                (ExcludeEffect::Part(rest), Some(entry)) => entry.excludes.push(rest.to_owned()),
                (ExcludeEffect::Part(_), None) => {}
            }
            *matched = true;
        }
        plan.entries.extend(kept);
    }
    let unmatched = excludes.iter().zip(matched).filter(|(_, matched)| !matched);
    plan.unmatched = unmatched
        .filter(|(exclude, _)| exclude.unmatched == UnmatchedExclude::Reported)
        .map(|(exclude, _)| exclude.pattern.clone())
        .collect();
    plan
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(target: &str) -> ImportPath {
        ImportPath {
            source: format!("/source/.{target}"),
            target: format!("/target/{target}"),
            flags: "d".to_owned(),
            excludes: Vec::new(),
        }
    }

    fn check(excludes: &[&str], expected: &[&str]) {
        let entries = ["claude/plugins", "claude/settings.json", "config/gh"].map(entry);
        let excludes: Vec<_> = excludes.iter().map(|pattern| Exclude::new(pattern)).collect();
        let plan = plan_import(&entries, "/target", &excludes);
        let kept = plan.entries.iter().map(|e| format!("{} {}", e.target, e.excludes.join(" ")));
        let unmatched = plan.unmatched.iter().map(|pattern| format!("unmatched {pattern}"));
        let lines: Vec<_> = kept.chain(unmatched).collect();
        assert_eq!(lines, expected, "{excludes:?}");
    }

    #[test]
    fn excludes_whole_entries_and_parts() {
        check(&["claude/"], &["/target/config/gh "]);
        check(&["claude", "config/gh"], &[]);
        check(
            &["*.log", "/claude/plugins/cache/"],
            &[
                "/target/claude/plugins *.log cache",
                "/target/claude/settings.json *.log",
                "/target/config/gh *.log",
            ],
        );
        check(
            &["clau", "claude/*", ""],
            &[
                "/target/claude/plugins ",
                "/target/claude/settings.json ",
                "/target/config/gh ",
                "unmatched clau",
                "unmatched claude/*",
                "unmatched ",
            ],
        );
    }

    #[test]
    fn unmatched_built_in_excludes_are_not_reported() {
        let plan = plan_import(&[entry("a")], "/target", &[Exclude::built_in("b/c")]);
        assert_eq!(plan.unmatched, Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn never_adds_an_entry(patterns in prop::collection::vec("[a/*.c]{0,6}", 0..4)) {
            let entries = ["a/c", "a", "c.a/a"].map(entry);
            let excludes: Vec<_> = patterns.iter().map(|pattern| Exclude::new(pattern)).collect();
            let plan = plan_import(&entries, "/target", &excludes);
            prop_assert!(plan.entries.iter().all(|kept| entries.iter().any(|e| e.target == kept.target)));
        }
    }
}
