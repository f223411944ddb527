//! The Markdown files of the project.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use containai_tests::markdown::{Content, parts};

use crate::project;

/// A Markdown file.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// Relative to the top of the project, with slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Document {
    /// The anchors of its headings, as GitHub and mdBook form them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut uses = BTreeMap::<String, usize>::new();
        let headings = parts(&self.text).into_iter().filter_map(|part| match part.content {
            Content::Heading(text) => Some(anchor(&text)),
            _ => None,
        });
        let numbered = headings.map(|anchor| {
            let count = uses.entry(anchor.clone()).or_default();
            *count += 1;
            match *count {
                1 => anchor,
                count => format!("{anchor}-{}", count - 1),
            }
        });
        numbered.collect()
    }

    /// The first heading.
    pub(super) fn title(&self) -> Option<String> {
        parts(&self.text).into_iter().find_map(|part| match part.content {
            Content::Heading(text) => Some(text),
            _ => None,
        })
    }
}

/// All Markdown files that git tracks or would track.
pub(super) fn documents() -> anyhow::Result<Vec<Document>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]);
    git.current_dir(project::root());
    let list = project::output_of(git)?;
    let read = |path: &str| {
        let text = fs::read_to_string(project::root().join(path)).ok()?;
        Some(Document { path: path.to_owned(), text })
    };
    Ok(list.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect())
}

/// Letters, digits, `_` and `-` in lower case; spaces become `-`, everything else disappears.
fn anchor(heading: &str) -> String {
    let character = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        _ => None,
    };
    heading.trim().to_lowercase().chars().filter_map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        let text = "# `cai run`, and more\n## Exit codes\n## Exit codes\n```\n# no heading\n```\n";
        let document = Document { path: "a.md".into(), text: text.into() };
        assert_eq!(document.anchors(), ["cai-run-and-more", "exit-codes", "exit-codes-1"]);
        assert_eq!(document.title().as_deref(), Some("`cai run`, and more"));
    }
}
