//! The characters allowed in names.

/// Returns whether Docker accepts `c` as the first character of a name.
pub(super) fn is_docker_first(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Returns whether Docker accepts `c` after the first character of a name.
pub(super) fn is_docker_rest(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Returns whether `text` is one character of `first` followed by any number of `rest`.
pub(super) fn is_made_of(text: &str, first: fn(char) -> bool, rest: fn(char) -> bool) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(first) && chars.all(rest)
}

/// Lower-cases ASCII, drops everything but `a-z 0-9 -`, collapses runs of hyphens and
/// trims them at both ends.
///
/// The result is ASCII in every locale, so that bytes and characters agree.
pub(super) fn hyphenated(text: impl IntoIterator<Item = char>) -> String {
    let mut kept = String::new();
    for c in text {
        match c.to_ascii_lowercase() {
            '-' if kept.is_empty() || kept.ends_with('-') => {}
            c if c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit() => kept.push(c),
            _ => {}
        }
    }
    kept.truncate(kept.trim_end_matches('-').len());
    kept
}
