//! Environment files, one `NAME=value` per line.

use std::fmt;

use super::env_line::{assignment, env_lines, unclosed_quote};
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

/// The variables of an environment file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvFile {
    /// The variables. When two lines set one variable, both are here, and the later one applies.
    pub entries: Vec<EnvEntry>,
    /// The variables that are left out, because their values open a quote that is never closed.
    pub unclosed: Vec<EnvName>,
}

impl EnvFile {
    /// Parses a file and skips all lines that set nothing.
    ///
    /// A line is `NAME=value`, optionally after `export`. Values are taken verbatim: nothing is
    /// trimmed, unquoted or expanded, except that a value of several lines is in quotes, see
    /// [`env_lines`]. Lines that start with `#` or have no valid name are skipped. A carriage
    /// return at the end of a line and NUL bytes are removed.
    /// ```
    /// use containai_core::config::EnvFile;
    ///
    /// let file = EnvFile::parse("# tokens\nexport A=x y\nB\n");
    /// assert_eq!(file.entries.len(), 1);
    /// assert_eq!(file.entries[0].value, "x y");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.replace('\0', "");
        let mut file = Self::default();
        for line in env_lines(&text) {
            let Some((name, value)) = assignment(line.text) else { continue };
            match line.value {
                Some(value) => file.entries.push(EnvEntry { name, value }),
                None if unclosed_quote(value).is_some() => file.unclosed.push(name),
                None => file.entries.push(EnvEntry { name, value: value.to_owned() }),
            }
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[&str]) {
        let entries = EnvFile::parse(text).entries.into_iter();
        let lines: Vec<_> = entries.map(|e| format!("{}={}", e.name, e.value)).collect();
        assert_eq!(lines, expected, "{text:?}");
    }

    #[test]
    fn values_are_kept_verbatim() {
        check("A= 1 \r\nB='x y'\n", &["A= 1 ", "B='x y'"]);
        check("export A=1\nexport\tB=2\nexportC=3\n", &["A=1", "B=2", "exportC=3"]);
        check("A=\"x\nB=1\n", &["B=1"]);
        check("A=\"x\ny\"\nB=1\n", &["A=x\ny", "B=1"]);
        check("# A=1\n #=2\nA-B=1\n=\nC\n", &[]);
    }

    #[test]
    fn unclosed_quotes_are_named() {
        let names: Vec<_> = EnvFile::parse("A=\"x\nB='y\nC='z'\n")
            .unclosed
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn debug_output_hides_values() {
        let shown = format!("{:?}", EnvFile::parse("TOKEN=hunter2"));
        assert!(shown.contains("TOKEN") && !shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s).*") {
            let _ = EnvFile::parse(&text);
        }
    }
}
