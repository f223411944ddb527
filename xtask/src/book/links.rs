//! Relative links and anchors resolve. Nothing is requested over the network.

use std::path::{Component, Path, PathBuf};

use containai_tests::markdown::{Content, parts};

use super::document::Document;
use crate::project;

/// A page of the book names a file outside of it by this address, which is checked as a path.
const REPOSITORY: [&str; 2] = [
    "https://github.com/containai/containai/blob/main/",
    "https://github.com/containai/containai/tree/main/",
];

/// Directory of the book's pages.
const BOOK: &str = "docs/";

/// Checks every link of every document, one finding a line.
pub(super) fn check(documents: &[Document]) -> Vec<String> {
    let mut findings = Vec::new();
    for document in documents {
        for (line, link) in links(&document.text) {
            if let Some(problem) = problem(document, &link, documents) {
                findings.push(format!("{}:{line}: `{link}`: {problem}", document.path));
            }
        }
    }
    findings
}

fn problem(document: &Document, link: &str, documents: &[Document]) -> Option<String> {
    let in_repository = REPOSITORY.iter().find_map(|prefix| link.strip_prefix(prefix));
    if in_repository.is_none() && (link.contains("://") || link.starts_with("mailto:")) {
        return None;
    }
    let (path, anchor) = match in_repository.unwrap_or(link).split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (in_repository.unwrap_or(link), None),
    };
    let target = match (in_repository, path) {
        (Some(_), path) => PathBuf::from(path),
        (None, "") => PathBuf::from(&document.path),
        (None, path) => match resolve(&document.path, path) {
            Some(target) => target,
            None => return Some("leads out of the project".into()),
        },
    };
    if !project::root().join(&target).exists() {
        return Some("does not exist".into());
    }
    let is_inside = target.starts_with(BOOK);
    if document.path.starts_with(BOOK) && in_repository.is_none() && !is_inside {
        return Some(format!("is not in the book: use `{}…`", REPOSITORY[0]));
    }
    let anchor = anchor?;
    let page = documents.iter().find(|it| Path::new(&it.path) == target);
    match page.is_some_and(|page| page.anchors().iter().any(|it| it == anchor)) {
        true => None,
        false => Some("has no such heading".into()),
    }
}

/// The path of a link, relative to the top of the project.
fn resolve(document: &str, link: &str) -> Option<PathBuf> {
    let mut target = Path::new(document).parent()?.to_owned();
    for component in Path::new(link).components() {
        match component {
            Component::ParentDir if target.pop() => {}
            Component::CurDir => {}
            Component::Normal(name) => target.push(name),
            _ => return None,
        }
    }
    Some(target)
}

/// The destinations of `[text](destination)` outside of code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for part in parts(text) {
        if let Content::Line(line) | Content::Heading(line) = &part.content {
            let line = without_code(line);
            for (at, _) in line.match_indices("](") {
                let rest = &line[at + 2..];
                let destination = rest.split_once(')').map_or(rest, |(destination, _)| destination);
                let destination = destination.split(' ').next().unwrap_or_default();
                found.push((part.line, destination.to_owned()));
            }
        }
    }
    found
}

/// A line without its code spans.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "see [`a`](b.md#c) and `[x](y)`\n```\n[z](w)\n```\n![p](q.svg \"title\")\n";
        assert_eq!(links(text), [(1, "b.md#c".to_owned()), (5, "q.svg".to_owned())]);
    }

    #[test]
    fn links_are_relative_to_their_document() {
        assert_eq!(resolve("docs/guide/a.md", "../b.md"), Some("docs/b.md".into()));
        assert_eq!(resolve("a.md", "docs/b.md"), Some("docs/b.md".into()));
        assert_eq!(resolve("a.md", "../b.md"), None);
    }
}
