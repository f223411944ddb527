//! The README is read in one go.

use super::source::Source;

/// The most lines of the README.
const LIMIT: usize = 120;

/// Looks at the README of the project, not at those of its packages.
pub(super) fn check(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    match source.path == "README.md" && lines > LIMIT {
        true => vec![source.finding(LIMIT, &format!("{lines} lines; the limit is {LIMIT}"))],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn the_readme_has_at_most_120_lines() {
        assert_eq!(check(&source("README.md", &"x\n".repeat(120))).len(), 0);
        assert_eq!(check(&source("README.md", &"x\n".repeat(121))).len(), 1);
        assert_eq!(check(&source("docs/README.md", &"x\n".repeat(121))).len(), 0);
    }
}
