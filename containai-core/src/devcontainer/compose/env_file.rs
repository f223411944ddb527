//! Files of variables: `.env` and `env_file`.
//!
//! Source: <https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax>.

use std::collections::BTreeMap;

use super::interpolate::ComposeVariables;
use crate::naming::EnvName;

/// The deepest nesting of variables in default values.
const MAX_DEPTH: usize = 8;

/// Parses the lines of a file. A value may refer to earlier ones and to `known` variables; lines
/// that assign nothing are skipped.
pub(super) fn parse(text: &str, known: &ComposeVariables) -> BTreeMap<String, String> {
    let mut variables = known.clone();
    let mut found = BTreeMap::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once(['=', ':']) else { continue };
        let name = name.trim_end();
        if EnvName::parse(name).is_err() {
            continue;
        }
        let value = read_value(value.trim_start(), &mut lines, &variables);
        variables.0.insert(name.to_owned(), value.clone());
        found.insert(name.to_owned(), value);
    }
    found
}

/// Reads a value; one in quotes may go on in the next lines.
fn read_value<'a>(
    first: &'a str,
    lines: &mut impl Iterator<Item = &'a str>,
    variables: &ComposeVariables,
) -> String {
    let quote = first.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        let end = first.find(" #").unwrap_or(first.len());
        let plain = if first.starts_with('#') { "" } else { first[..end].trim_end() };
        return variables.expand_text(plain, MAX_DEPTH);
    };
    let mut text = first[1..].to_owned();
    loop {
        if let Some(end) = closing_quote(&text, quote) {
            text.truncate(end);
            break;
        }
        let Some(line) = lines.next() else { break };
        text.push('\n');
        text.push_str(line);
    }
    match quote {
        '\'' => text,
        _ => variables.expand_text(&unescape(&text), MAX_DEPTH),
    }
}

fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices()
        .find(|(_, c)| {
            let is_end = *c == quote && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped && quote == '"';
            is_end
        })
        .map(|(at, _)| at)
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, c == '\\') {
            (_, true) => match characters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                // Two of them are one for the variables.
                Some('$') => out.push_str("$$"),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            (c, false) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_by_compose() {
        let known = ComposeVariables([("K".to_owned(), "k".to_owned())].into());
        let text = "\u{feff}# c\n\nexport A=1 # comment\r\nB = \"two \\\"x\\\" $A\\n\" # c\nC='$A # \\n'\nD=a#b\nE=\nF=${A}${K}${N:-n}\n\
                    bad name=1\nnothing\nG=\"a\nb\"\nH=#x\nI: y\nJ='open\nL=1";
        let read: Vec<String> = parse(text, &known)
            .into_iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        insta::assert_snapshot!(read.join("\n"));
    }
}
