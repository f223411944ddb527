//! Environment files, one `NAME=value` per line.

use std::fmt;

use crate::naming::EnvName;

/// A variable set by an environment file.
///
/// Values are often secrets, so `Debug` omits them.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// The name.
    pub name: EnvName,
    /// The value, exactly as in the file.
    pub value: String,
}

impl fmt::Debug for EnvEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvEntry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Parses an environment file and skips all lines that set nothing.
///
/// A line is `NAME=value`, optionally after `export`. Values are taken verbatim: nothing is
/// trimmed, unquoted or expanded. Lines that start with `#`, have no valid name, or open a quote
/// without closing it (a multi-line value) are skipped. A carriage return at the end of a line and
/// NUL bytes are removed. When two lines set one variable, both are returned, and the later one
/// applies.
/// ```
/// use containai_core::config::parse_env_file;
///
/// let entries = parse_env_file("# tokens\nexport A=x y\nB\n");
/// assert_eq!(entries.len(), 1);
/// assert_eq!(entries[0].value, "x y");
/// ```
#[must_use]
pub fn parse_env_file(text: &str) -> Vec<EnvEntry> {
    text.split('\n').filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<EnvEntry> {
    let line = line.replace('\0', "");
    let line = line.strip_suffix('\r').unwrap_or(&line);
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = strip_export(line).split_once('=')?;
    let name = EnvName::parse(name).ok()?;
    if has_unclosed_quote(value) {
        return None;
    }
    Some(EnvEntry { name, value: value.to_owned() })
}

fn strip_export(line: &str) -> &str {
    match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start_matches([' ', '\t']),
        _ => line,
    }
}

/// Whether the value starts with a quote that is never closed.
fn has_unclosed_quote(value: &str) -> bool {
    let Some(quote @ ('"' | '\'')) = value.chars().next() else {
        return false;
    };
    value.matches(quote).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[&str]) {
        let entries = parse_env_file(text).into_iter();
        let lines: Vec<_> = entries.map(|e| format!("{}={}", e.name, e.value)).collect();
        assert_eq!(lines, expected, "{text:?}");
    }

    #[test]
    fn values_are_kept_verbatim() {
        check("A= 1 \r\nB='x y'\n", &["A= 1 ", "B='x y'"]);
        check("export A=1\nexport\tB=2\nexportC=3\n", &["A=1", "B=2", "exportC=3"]);
        check("A=\"x\nB=1\n", &["B=1"]);
        check("# A=1\n #=2\nA-B=1\n=\nC\n", &[]);
    }

    #[test]
    fn debug_output_hides_values() {
        let shown = format!("{:?}", parse_env_file("TOKEN=hunter2"));
        assert!(shown.contains("TOKEN") && !shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s).*") {
            let _ = parse_env_file(&text);
        }
    }
}
