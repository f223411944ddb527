//! Files that are excluded from a build context.

/// The patterns of a `.dockerignore`.
///
/// Source: <https://docs.docker.com/build/concepts/context/#dockerignore-files>.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IgnoreFile {
    patterns: Vec<IgnorePattern>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct IgnorePattern {
    parts: Vec<String>,
    is_exception: bool,
}

impl IgnoreFile {
    /// Parses the patterns. Every text is valid.
    pub fn parse(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { patterns: lines.filter_map(IgnorePattern::parse).collect() }
    }

    /// Returns whether a path relative to the context, with `/`, is excluded. The last
    /// pattern that matches the path or a parent of it decides.
    pub fn excludes(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let last = self.patterns.iter().rev().find(|pattern| pattern.matches_path(&parts));
        last.is_some_and(|pattern| !pattern.is_exception)
    }

    /// Returns whether a file below an excluded directory may be included.
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_exception)
    }
}

impl IgnorePattern {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (line, is_exception) = match line.strip_prefix('!') {
            Some(line) => (line.trim(), true),
            None => (line, false),
        };
        let mut parts: Vec<String> = Vec::new();
        for part in line.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part.to_owned()),
            }
        }
        (!parts.is_empty()).then_some(Self { parts, is_exception })
    }

    /// Returns whether the pattern matches the path or a parent of it.
    pub(super) fn matches_path(&self, path: &[&str]) -> bool {
        (1..=path.len()).any(|length| matches_parts(&self.parts, &path[..length]))
    }
}

/// `**` matches any number of components, including none. The table of matches limits the
/// work to the product of both lengths.
fn matches_parts(pattern: &[String], path: &[&str]) -> bool {
    let mut reachable = vec![false; path.len() + 1];
    reachable[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        if part == "**" {
            let mut is_open = false;
            for (at, slot) in next.iter_mut().enumerate() {
                is_open |= reachable[at];
                *slot = is_open;
            }
        } else {
            for (at, name) in path.iter().enumerate() {
                next[at + 1] = reachable[at] && crate::import::matches(part, name);
            }
        }
        reachable = next;
    }
    reachable[path.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_matching_pattern_decides() {
        let file = IgnoreFile::parse(
            "\u{feff}# comment\n\n/target/\n*.log\n**/node_modules\n!important.log\ndocs/**\n!docs/**/*.md\na?c/[xy]\n",
        );
        assert!(file.has_exceptions());
        for (path, expected) in [
            ("target", true),
            ("target/debug/x", true),
            ("src/target", false),
            ("x.log", true),
            ("src/x.log", false),
            ("important.log", false),
            ("node_modules", true),
            ("a/b/node_modules/c", true),
            ("docs/a/b.txt", true),
            ("docs/a/b.md", false),
            ("docs", true),
            ("abc/x", true),
            ("abc/z", false),
        ] {
            assert_eq!(file.excludes(path), expected, "{path}");
        }
        assert!(!IgnoreFile::parse("\n#\n/\n").excludes("x"));
    }
}
