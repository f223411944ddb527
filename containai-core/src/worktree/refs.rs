use std::collections::BTreeMap;

use super::{ObjectId, RefName};

/// References and their objects.
pub type Refs = BTreeMap<RefName, ObjectId>;

/// Parses a file `packed-refs`. Invalid lines are skipped.
#[must_use]
pub fn parse_packed_refs(text: &str) -> Refs {
    parse_lines(text.lines().filter(|line| !line.starts_with(['#', '^'])))
}

/// Parses lines of an object name, a space and a reference, as printed by `git
/// for-each-ref --format='%(objectname) %(refname)'`. Invalid lines are skipped.
#[must_use]
pub fn parse_for_each_ref(text: &str) -> Refs {
    parse_lines(text.lines())
}

fn parse_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Refs {
    lines
        .filter_map(|line| {
            let (id, name) = line.split_once(' ')?;
            Some((RefName::parse(name)?, ObjectId::parse(id)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_lines_are_skipped() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let text = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{a} refs/heads/main\n{b} refs/tags/v1\n\
             ^{a}\n{b} refs/heads/../x\nx refs/heads/y\n{a}\n"
        );
        let refs = parse_packed_refs(&text);
        let names: Vec<_> = refs.keys().map(RefName::as_str).collect();
        assert_eq!(names, ["refs/heads/main", "refs/tags/v1"]);
    }
}
