//! What is left out of an import.

/// One path to bring from a home directory to the data volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEntry {
    /// The path in the home directory.
    pub source: String,
    /// The path on the data volume.
    pub target: String,
    /// The letters that say how it is brought over.
    pub flags: String,
    /// Patterns below the source to leave out, as rsync reads them.
    pub excludes: Vec<String>,
}

/// Something to leave out of an import, as configured: the target's path, or a
/// pattern for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// The path or pattern, without slashes at either end.
    pattern: String,
    /// Whether it may match nothing without a word.
    expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    ToMatch,
    Nothing,
}

impl Exclude {
    /// Takes an exclude from the configuration.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.trim_matches('/').to_owned();
        Self { pattern, expected: Expected::ToMatch }
    }

    /// Takes an exclude of our own, which is no mistake where it matches nothing.
    #[must_use]
    pub fn built_in(pattern: &str) -> Self {
        Self { expected: Expected::Nothing, ..Self::new(pattern) }
    }

    /// What the exclude does to an entry with this target, a path on the volume.
    fn effect_on(&self, target: &str) -> Effect<'_> {
        let pattern = self.pattern.as_str();
        if pattern.is_empty() {
            return Effect::None;
        }
        if !pattern.contains('/') && pattern.contains(['*', '?', '[']) {
            return Effect::Below(pattern);
        }
        if is_at_or_below(target, pattern) {
            return Effect::Whole;
        }
        match pattern.strip_prefix(target).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => Effect::Below(rest),
            None => Effect::None,
        }
    }
}

enum Effect<'a> {
    /// The entry is not brought over.
    Whole,
    /// A part of the entry is left out.
    Below(&'a str),
    /// The entry is another one.
    None,
}

/// An import after the excludes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportPlan {
    /// What is brought over, in order.
    pub entries: Vec<ImportEntry>,
    /// The configured excludes that matched nothing: probably mistakes.
    pub unmatched: Vec<String>,
}

/// Leaves out of an import what is excluded.
///
/// `volume` is where the entries' targets are below, such as `/target`. An
/// exclude without a slash but with `*`, `?` or `[` leaves out every file of
/// such a name. Any other is a path on the volume, taken literally: it leaves
/// out the entries at and below it, and the part of an entry that it is below.
#[must_use]
pub fn plan_import(entries: &[ImportEntry], volume: &str, excludes: &[Exclude]) -> ImportPlan {
    let mut plan = ImportPlan::default();
    let mut matched = vec![false; excludes.len()];
    for entry in entries {
        let target = entry.target.strip_prefix(volume).unwrap_or(&entry.target);
        let mut kept = Some(entry.clone());
        for (exclude, matched) in excludes.iter().zip(&mut matched) {
            match (exclude.effect_on(target.trim_matches('/')), &mut kept) {
                (Effect::None, _) => continue,
                (Effect::Whole, _) => kept = None,
                (Effect::Below(rest), Some(entry)) => entry.excludes.push(rest.to_owned()),
                (Effect::Below(_), None) => {}
            }
            *matched = true;
        }
        plan.entries.extend(kept);
    }
    let unmatched = excludes.iter().zip(matched).filter(|(_, matched)| !matched);
    plan.unmatched = unmatched
        .filter(|(exclude, _)| exclude.expected == Expected::ToMatch)
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

    fn entry(target: &str) -> ImportEntry {
        ImportEntry {
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
    fn excludes_wholes_and_parts() {
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
    fn built_in_excludes_are_quiet() {
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
