//! Editing of YAML, line by line.

use super::key_path::KeyPath;
use super::phrase::Strictness;
use super::secret_filter::SecretFilter;

/// A key or an element with more indented values.
struct IndentLevel {
    indent: usize,
    path: KeyPath,
    is_key: bool,
    /// The number of elements so far.
    elements: usize,
}

/// Removes secrets; `None` if a secret is in a multi-line value or in a flow collection.
pub(super) fn edit(text: &str, filter: &mut SecretFilter<'_>) -> Option<String> {
    let mut kept = String::new();
    let mut is_editable = true;
    let mut levels: Vec<IndentLevel> = Vec::new();
    // A multi-line value: the indentation of its key, and its path.
    let mut block: Option<(usize, KeyPath)> = None;
    let mut before = String::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some((key, path)) = &block {
            if content.is_empty() || indent > *key {
                is_editable &= !filter.withholds(path, content) || content.is_empty();
                kept.push_str(line);
                continue;
            }
            block = None;
        }
        if content.is_empty() || content.starts_with('#') || content.starts_with("---") {
            kept.push_str(line);
            continue;
        }
        let (dashes, rest) = dashes(content);
        let is_element = dashes > 0;
        // Elements may have the same indentation as their key.
        let is_over = |level: &IndentLevel| {
            level.indent > indent || level.indent == indent && !(is_element && level.is_key)
        };
        while levels.last().is_some_and(is_over) {
            levels.pop();
        }
        let mut path = levels.last().map(|level| level.path.clone()).unwrap_or_default();
        if is_element {
            if let Some(level) = levels.last_mut() {
                path = path.element(level.elements, Some(&before));
                level.elements += 1;
            }
            levels.push(IndentLevel { indent, path: path.clone(), is_key: false, elements: 0 });
        }
        let (key, value) = key_of(rest);
        if let Some(key) = key {
            path = path.name(key);
            let indent = indent + dashes;
            levels.push(IndentLevel { indent, path: path.clone(), is_key: true, elements: 0 });
        }
        let value = value.trim();
        before = unquoted(value).to_owned();
        if value.starts_with(['|', '>']) {
            block = Some((indent, path));
            kept.push_str(line);
            continue;
        }
        if !is_withheld(&path, value, filter) {
            kept.push_str(line);
            continue;
        }
        is_editable &= is_one_line(value);
        // An element is removed as a whole; a key is kept.
        if key.is_some()
            && let Some(at) = line.rfind(value)
        {
            let after = at + scalar_text(value).len();
            kept.push_str(&format!("{}\"\"{}", &line[..at], &line[after..]));
        }
    }
    is_editable.then_some(kept)
}

fn is_withheld(path: &KeyPath, value: &str, filter: &mut SecretFilter<'_>) -> bool {
    if value.is_empty() || value.starts_with(['&', '*', '!']) && !value.contains(' ') {
        return false;
    }
    if value.starts_with(['{', '[']) {
        return filter.withholds_text(path, value, Strictness::AnyLiteral)
            || is_flow_secret(path, value, filter);
    }
    filter.withholds(path, unquoted(value))
}

/// Returns whether a value of a flow collection is a secret.
fn is_flow_secret(path: &KeyPath, value: &str, filter: &mut SecretFilter<'_>) -> bool {
    let mut found = false;
    for part in value.split([',', '{', '}', '[', ']']) {
        let (key, value) = key_of(part.trim());
        let path = key.map_or(path.clone(), |key| path.name(key));
        let value = unquoted(value.trim());
        found |= !value.is_empty() && filter.withholds(&path, value);
    }
    found
}

/// Returns the length of the element markers, and the rest.
fn dashes(content: &str) -> (usize, &str) {
    let mut rest = content;
    while let Some(after) = rest.strip_prefix("- ") {
        rest = after.trim_start();
    }
    if rest == "-" {
        rest = "";
    }
    (content.len() - rest.len(), rest)
}

/// Returns the key, if any, and the value.
fn key_of(text: &str) -> (Option<&str>, &str) {
    let end = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map(|at| at + 2),
        Some('{' | '[') => None,
        _ => text
            .match_indices(':')
            .map(|(at, _)| at)
            .find(|&at| text[at + 1..].chars().next().is_none_or(char::is_whitespace)),
    };
    match end.map(|end| text.split_at(end)) {
        Some((key, rest)) if rest.starts_with(':') => (Some(unquoted(key)), &rest[1..]),
        _ => (None, text),
    }
}

/// Returns a value with its quotes, without a trailing comment.
fn scalar_text(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote.and_then(|quote| value[1..].find(quote)) {
        Some(end) => &value[..end + 2],
        None => value.split(" #").next().unwrap_or(value).trim_end(),
    }
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote))
        {
            return inside;
        }
    }
    value.split(" #").next().unwrap_or(value).trim()
}

fn is_one_line(value: &str) -> bool {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].contains(quote),
        Some('{' | '[') => false,
        _ => true,
    }
}
