//! The syntax of git-config(1).

/// Returns the lines, joined where a backslash continues them.
pub(super) fn logical_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        loop {
            let more = &rest[end..];
            let length = more.find('\n').map_or(more.len(), |at| at + 1);
            end += length;
            let line = more[..length].trim_end_matches(['\n', '\r']);
            let slashes = line.len() - line.trim_end_matches('\\').len();
            if length == 0 || slashes.is_multiple_of(2) || is_comment(&rest[..end]) {
                break;
            }
        }
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

pub(super) fn with_newline(line: &str) -> String {
    if line.ends_with('\n') { line.to_owned() } else { format!("{line}\n") }
}

/// Returns whether a line sets nothing.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with(['#', ';'])
}

/// A section's name in lower case, and its subsection.
#[derive(Default)]
pub(super) struct GitConfigSection {
    pub(super) name: String,
    pub(super) subsection: String,
}

impl GitConfigSection {
    /// Parses a header, `[name]`, `[name "sub"]` or `[name.sub]`, and returns its end.
    pub(super) fn parse(line: &str) -> Option<(Self, usize)> {
        let indent = line.len() - line.trim_start().len();
        let inner = line[indent..].strip_prefix('[')?;
        let mut quoted = false;
        let mut escaped = false;
        let end = inner.char_indices().find_map(|(at, c)| {
            let is_end = c == ']' && !quoted;
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end.then_some(at)
        })?;
        let head = inner[..end].trim();
        let (name, subsection) = match head.split_once('"') {
            Some((name, sub)) => (name.trim(), sub.trim_end_matches('"')),
            None => head.split_once('.').unwrap_or((head, "")),
        };
        let section = Self {
            name: name.to_lowercase(),
            subsection: subsection.replace("\\\"", "\"").replace("\\\\", "\\"),
        };
        Some((section, indent + end + 2))
    }

    /// Whether it includes another file, with or without a condition.
    pub(super) fn is_include(&self) -> bool {
        matches!(self.name.as_str(), "include" | "includeif")
    }

    /// Returns the full name of a setting as in `git config --list`.
    pub(super) fn setting(&self, key: &str) -> String {
        match self.subsection.as_str() {
            "" => format!("{}.{key}", self.name),
            subsection => format!("{}.{subsection}.{key}", self.name),
        }
    }
}

/// Splits a line into its key, in lower case, and its value as git reads it; `None` for the value
/// of a key alone, which is `true`.
pub(super) fn key_and_value(line: &str) -> (String, Option<String>) {
    let (key, value) = match line.split_once('=') {
        // A key without a value may be followed by a comment.
        Some((key, _)) if key.contains(['#', ';']) => (key, None),
        Some((key, value)) => (key, Some(value)),
        None => (line, None),
    };
    let key = key.split(['#', ';']).next().unwrap_or_default().trim().to_lowercase();
    (key, value.map(parse_value))
}

/// Removes quotes, escapes, comments and the blanks around the value.
fn parse_value(text: &str) -> String {
    let mut value = String::new();
    // The length up to the last character that is not an unquoted blank.
    let mut kept = 0;
    let mut is_quoted = false;
    let mut characters = text.trim_start().chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                is_quoted = !is_quoted;
                kept = value.len();
                continue;
            }
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('b') => value.push('\u{8}'),
                Some('\n') | None => continue,
                Some(other) => value.push(other),
            },
            '#' | ';' if !is_quoted => break,
            '\n' => break,
            c => {
                value.push(c);
                if !is_quoted && c.is_ascii_whitespace() {
                    continue;
                }
            }
        }
        kept = value.len();
    }
    value.truncate(kept);
    value
}

/// Returns a line that sets a value.
pub(super) fn setting_line(key: &str, value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = escaped.replace('\n', "\\n").replace('\t', "\\t");
    format!("\t{key} = \"{escaped}\"\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_and_values() {
        for (line, key, value) in [
            ("\tPager = delta # comment\n", "pager", Some("delta")),
            ("x=\" a ; b \" ; c\n", "x", Some(" a ; b ")),
            ("x = a \\\n  b\n", "x", Some("a   b")),
            (r#"x = \"a\" \\ \t"#, "x", Some("\"a\" \\ \t")),
            ("gpgsign # = no\n", "gpgsign", None),
            ("gpgsign\n", "gpgsign", None),
            ("x =\n", "x", Some("")),
        ] {
            let expected = (key.to_owned(), value.map(str::to_owned));
            assert_eq!(key_and_value(line), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn written_values_are_read_again(value in "[ -~\t\n]{0,20}") {
            let line = setting_line("key", &value);
            prop_assert_eq!(key_and_value(&line), ("key".to_owned(), Some(value)));
        }

        #[test]
        fn never_panics(line in "(?s).{0,30}") {
            let _ = key_and_value(&line);
        }
    }
}
