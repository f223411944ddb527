//! `${containerEnv:NAME}`, whose value is known only in the container.

use crate::naming::EnvName;
use crate::shell_word::shell_quote;

/// The beginning of a reference.
const START: &str = "${containerEnv:";

/// A part of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum TextPart<'a> {
    Plain(&'a str),
    Variable { name: &'a str, default: &'a str },
}

/// Whether a text refers to a variable of the container.
pub(super) fn uses_container_variable(text: &str) -> bool {
    parts(text).iter().any(|part| matches!(part, TextPart::Variable { .. }))
}

/// Returns a word of a shell command in which the shell replaces the variables.
pub(super) fn shell_word(text: &str) -> String {
    let word: String = parts(text)
        .into_iter()
        .map(|part| match part {
            TextPart::Plain(text) => shell_quote(text),
            TextPart::Variable { name, default } => {
                format!("\"${{{name}:-{}}}\"", escape(default, &['\\', '"', '$', '`']))
            }
        })
        .collect();
    if word.is_empty() { "''".to_owned() } else { word }
}

/// Returns the quoted value of an `ENV` instruction in which the builder replaces the variables.
/// Control characters, which it cannot hold, become spaces.
pub(super) fn dockerfile_value(text: &str) -> String {
    let plain = text.replace(|c: char| c.is_control(), " ");
    let special = ['\\', '"', '$'];
    let value: String = parts(&plain)
        .into_iter()
        .map(|part| match part {
            TextPart::Plain(text) => escape(text, &special),
            TextPart::Variable { name, default: "" } => format!("${{{name}}}"),
            TextPart::Variable { name, default } => {
                format!("${{{name}:-{}}}", escape(default, &special))
            }
        })
        .collect();
    format!("\"{value}\"")
}

fn escape(text: &str, special: &[char]) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if special.contains(&c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn parts(text: &str) -> Vec<TextPart<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    let mut plain_length = 0;
    while let Some(at) = rest[plain_length..].find(START) {
        let begin = plain_length + at;
        match variable(&rest[begin..]) {
            Some((part, length)) => {
                parts.extend((begin > 0).then(|| TextPart::Plain(&rest[..begin])));
                parts.push(part);
                (rest, plain_length) = (&rest[begin + length..], 0);
            }
            None => plain_length = begin + START.len(),
        }
    }
    parts.extend((!rest.is_empty()).then_some(TextPart::Plain(rest)));
    parts
}

/// Returns the reference at the beginning of a text, and its length; `None` for a name that no
/// variable has.
fn variable(text: &str) -> Option<(TextPart<'_>, usize)> {
    let (inside, _) = text.strip_prefix(START)?.split_once('}')?;
    let (name, default) = inside.split_once(':').unwrap_or((inside, ""));
    EnvName::parse(name).ok()?;
    Some((TextPart::Variable { name, default }, START.len() + inside.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_left_to_the_shell_and_the_builder() {
        for (text, shell, dockerfile) in [
            ("", "''", "\"\""),
            ("it's $HOME", "'it'\\''s $HOME'", "\"it's \\$HOME\""),
            ("${containerEnv:PATH}:/x", "\"${PATH:-}\"':/x'", "\"${PATH}:/x\""),
            ("a${containerEnv:A:b$\"}c", "'a'\"${A:-b\\$\\\"}\"'c'", "\"a${A:-b\\$\\\"}c\""),
            ("${containerEnv:a b}", "'${containerEnv:a b}'", "\"\\${containerEnv:a b}\""),
            ("${containerEnv:A", "'${containerEnv:A'", "\"\\${containerEnv:A\""),
        ] {
            assert_eq!(shell_word(text), shell, "{text}");
            assert_eq!(dockerfile_value(text), dockerfile, "{text}");
        }
        assert!(uses_container_variable("${containerEnv:}${containerEnv:A}"));
        assert!(!uses_container_variable("${containerEnv:}"));
    }
}
