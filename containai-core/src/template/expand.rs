//! Variables in `FROM`.

use std::collections::BTreeMap;

/// Expands `$NAME`, `${NAME}`, `${NAME:-else}` and `${NAME:+instead}`; an undefined
/// variable is empty. Values are not expanded again, so that the expansion terminates.
pub(super) fn expand(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix('\\') {
            let next = escaped.chars().next();
            out.extend(next);
            rest = &escaped[next.map_or(0, char::len_utf8)..];
            continue;
        }
        rest = &rest[1..];
        if let Some((inner, after)) = rest.strip_prefix('{').and_then(split_at_closing_brace) {
            out.push_str(&expand_braced(inner, values));
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        match end {
            0 => out.push('$'),
            _ => out.push_str(values.get(&rest[..end]).map_or("", String::as_str)),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the text up to the closing brace, and the text after it.
fn split_at_closing_brace(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

fn expand_braced(inner: &str, values: &BTreeMap<String, String>) -> String {
    let end = inner.find(|c: char| !is_name(c)).unwrap_or(inner.len());
    let (name, word) = inner.split_at(end);
    let value = values.get(name).map(String::as_str);
    let filled = value.filter(|value| !value.is_empty());
    // One level only: a word within a word is not expanded.
    let plain = |word: &str| expand_flat(word, values);
    match (word.strip_prefix(":-"), word.strip_prefix(":+")) {
        (Some(word), _) => filled.map_or_else(|| plain(word), str::to_owned),
        (_, Some(word)) => filled.map_or_else(String::new, |_| plain(word)),
        _ => match (word.strip_prefix('-'), word.strip_prefix('+')) {
            (Some(word), _) => value.map_or_else(|| plain(word), str::to_owned),
            (_, Some(word)) => value.map_or_else(String::new, |_| plain(word)),
            _ => value.unwrap_or_default().to_owned(),
        },
    }
}

/// Expands a word as [`expand`] does, without braces other than `${NAME}`.
fn expand_flat(word: &str, values: &BTreeMap<String, String>) -> String {
    match word.strip_prefix("${").and_then(|word| word.strip_suffix('}')) {
        Some(name) if name.chars().all(is_name) => values.get(name).cloned().unwrap_or_default(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> BTreeMap<String, String> {
        [("A", "1"), ("B", "$A"), ("E", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    #[test]
    fn values_are_expanded_once() {
        for (text, expected) in [
            ("x", "x"),
            ("$A", "1"),
            ("${A}b$A.c", "1b1.c"),
            ("$B", "$A"),
            ("${none}", ""),
            ("${none:-d}${A:-d}${E:-d}${E-d}", "d1d"),
            ("${A:+x}${none:+x}${E:+x}", "x"),
            ("${none:-${A}}", "1"),
            ("\\$A$", "$A$"),
            ("${A", "${A"),
        ] {
            assert_eq!(expand(text, &values()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn expansion_always_terminates(text in ".{0,60}") {
            expand(&text, &values());
        }
    }
}
