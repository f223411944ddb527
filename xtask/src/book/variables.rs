//! The page on environment variables names every variable that the program reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::document::Document;
use super::errors::{Token, tokens};
use crate::project;

const PAGE: &str = "docs/environment.md";

/// One finding for each variable that the page does not name: those of ContainAI anywhere in
/// the source, and all in the only reader of the environment.
pub(super) fn check(documents: &[Document], root: &Path) -> anyhow::Result<Vec<String>> {
    let page = documents.iter().find(|it| it.path == PAGE).map_or("", |it| it.text.as_str());
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "containai*/src/*.rs"]).current_dir(root);
    let list = project::output_of(git)?;
    let mut names = BTreeSet::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        let Ok(source) = fs::read_to_string(root.join(path)) else { continue };
        let is_reader = path.starts_with("containai-cli/src/env");
        names.extend(
            variables(&source)
                .into_iter()
                .filter(|name| name.starts_with("CONTAINAI_") || is_reader),
        );
    }
    let missing = names.iter().filter(|name| !page.contains(&format!("`{name}`")));
    Ok(missing.map(|name| format!("{PAGE}: does not name `{name}`")).collect())
}

/// The texts that look like names of variables.
fn variables(source: &str) -> Vec<String> {
    let is_name = |text: &String| {
        text.len() > 1
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let texts = tokens(source).into_iter().filter_map(|token| match token {
        Token::Text(text) => Some(text),
        _ => None,
    });
    texts.filter(is_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognized() {
        assert_eq!(variables("f(\"HOME\", \"a b\", \"X_1\", \"home\", \"A\")"), ["HOME", "X_1"]);
    }
}
