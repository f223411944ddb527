//! The lines of environment files, and values of several lines.

use crate::naming::EnvName;

/// A line of an environment file, together with the lines that continue its value.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct EnvLine<'a> {
    /// The number of the first line, starting at 1.
    pub number: usize,
    /// The line without its end; of a value of several lines, the part up to `=`.
    pub text: &'a str,
    /// The value, if it has several lines, without its quotes and otherwise verbatim.
    pub value: Option<String>,
}

/// Splits an environment file into lines. A value that opens a quote continues on the following
/// lines up to the next such quote, which must end its line, save for blanks and a comment; `\"`
/// does not close a double quote. Without that end, it is a line like any other.
///
/// ```
/// use containai_core::config::env_lines;
///
/// let lines = env_lines("KEY=\"-----BEGIN\nabc=\n-----END\"\nB=1\n");
/// assert_eq!(lines.len(), 2);
/// assert_eq!(lines[0].value.as_deref(), Some("-----BEGIN\nabc=\n-----END"));
/// ```
#[must_use]
pub fn env_lines(text: &str) -> Vec<EnvLine<'_>> {
    let mut lines = Vec::new();
    let (mut rest, mut number) = (text, 1);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        match quoted_value(line, after) {
            Some((start, value, remaining)) => {
                lines.push(EnvLine { number, text: &line[..start], value: Some(value) });
                let consumed = &rest[..rest.len() - remaining.len()];
                number += consumed.matches('\n').count();
                rest = remaining;
            }
            None => {
                let text = line.strip_suffix('\r').unwrap_or(line);
                lines.push(EnvLine { number, text, value: None });
                number += 1;
                rest = after;
            }
        }
    }
    lines
}

/// Returns the assigned name of a line, `NAME=` or `export NAME=`, and its value.
pub(super) fn assignment(line: &str) -> Option<(EnvName, &str)> {
    let after = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let line = after.map_or(line, |rest| rest.trim_start_matches([' ', '\t']));
    let (name, value) = line.split_once('=')?;
    Some((EnvName::parse(name).ok()?, value))
}

/// Returns the quote that a value opens and does not close.
pub(super) fn unclosed_quote(value: &str) -> Option<char> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    (value.matches(quote).count() == 1).then_some(quote)
}

/// Returns the position after `=`, the value, and the text after its last line.
fn quoted_value<'a>(line: &str, after: &'a str) -> Option<(usize, String, &'a str)> {
    let (_, value) = assignment(line.trim_start())?;
    let quote = unclosed_quote(value)?;
    let end = closing_quote(after, quote)?;
    let (last, remaining) = after[end + 1..].split_once('\n').unwrap_or((&after[end + 1..], ""));
    let last = last.trim();
    if !last.is_empty() && !last.starts_with('#') {
        return None;
    }
    let text = format!("{}\n{}", &value[1..], &after[..end]).replace("\r\n", "\n");
    Some((line.len() - value.len(), text, remaining))
}

fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let is_end = c == quote && !is_escaped;
        is_escaped = quote == '"' && c == '\\' && !is_escaped;
        is_end.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[(usize, &str, Option<&str>)]) {
        let lines = env_lines(text);
        let lines: Vec<_> =
            lines.iter().map(|line| (line.number, line.text, line.value.as_deref())).collect();
        assert_eq!(lines, expected, "{text:?}");
    }

    #[test]
    fn values_of_several_lines() {
        check(
            "A=\"one\nB=inside\n\ttwo\" # c\nC=1\r\n",
            &[(1, "A=", Some("one\nB=inside\n\ttwo")), (4, "C=1", None)],
        );
        check("export K='a\r\nb'", &[(1, "export K=", Some("a\nb"))]);
        check("K=\"a \\\"b\n\"", &[(1, "K=\"a \\\"b", None), (2, "\"", None)]);
        check("K=\"a\n\\\"b\"\n", &[(1, "K=", Some("a\n\\\"b"))]);
    }

    #[test]
    fn unclosed_quotes_take_no_other_line() {
        check("A=\"x\nB=\"y\"\n", &[(1, "A=\"x", None), (2, "B=\"y\"", None)]);
        check("# A=\"x\n\"\n", &[(1, "# A=\"x", None), (2, "\"", None)]);
        check("1=\"x\n\"", &[(1, "1=\"x", None), (2, "\"", None)]);
        check("A='", &[(1, "A='", None)]);
        check("\n\nA=1", &[(1, "", None), (2, "", None), (3, "A=1", None)]);
    }

    proptest! {
        #[test]
        fn no_line_is_lost(text in "(A=|export |\"|'|#|\\\\|\r|\n|x){0,20}") {
            let lines = env_lines(&text);
            let last = lines.last().map_or(0, |line| line.number);
            prop_assert!(last <= text.split('\n').count());
            prop_assert!(lines.windows(2).all(|pair| pair[0].number < pair[1].number));
        }
    }
}
