//! Enums of errors, and the functions that give their hints.

use std::collections::BTreeMap;

use super::token::Token;

/// A variant of an enum of errors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Variant {
    /// `Enum::Variant`.
    pub(super) name: String,
    /// The text of `#[error("…")]`.
    pub(super) message: String,
    /// Its documentation.
    pub(super) cause: String,
}

/// The variants with a message.
pub(super) fn variants(tokens: &[Token]) -> Vec<Variant> {
    let mut found = Vec::new();
    for (at, window) in tokens.windows(3).enumerate() {
        if let [Token::Word(word), Token::Word(name), Token::Mark('{')] = window
            && word == "enum"
        {
            variants_of(name, group(&tokens[at + 2..]), &mut found);
        }
    }
    found
}

fn variants_of(name: &str, mut body: &[Token], found: &mut Vec<Variant>) {
    let (mut cause, mut message) = (Vec::new(), None);
    while let [token, rest @ ..] = body {
        body = rest;
        match token {
            Token::Doc(line) => cause.push(line.clone()),
            Token::Mark('#') => {
                let attribute = group(body);
                if let [Token::Word(word), Token::Mark('('), Token::Text(text), ..] = attribute {
                    message = (word == "error").then(|| text.clone()).or(message);
                }
                body = &body[attribute.len() + 2..];
            }
            Token::Word(variant) => {
                let cause = std::mem::take(&mut cause).join(" ");
                if let Some(message) = message.take() {
                    found.push(Variant { name: format!("{name}::{variant}"), message, cause });
                }
                if let [Token::Mark('(' | '{'), ..] = body {
                    body = &body[group(body).len() + 2..];
                }
            }
            _ => {}
        }
    }
}

/// The hints of each variant, by `Enum::Variant`; `Enum::` has those of all of them.
pub(super) fn hints(tokens: &[Token]) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for (at, token) in tokens.iter().enumerate() {
        if *token != Token::Word("impl".into()) {
            continue;
        }
        let head = tokens[at..].iter().take_while(|it| **it != Token::Mark('{'));
        let names = head.clone().filter_map(word);
        let (Some(name), length) = (names.last(), head.count()) else { continue };
        let body = group(&tokens[at + length..]);
        for (at, window) in body.windows(2).enumerate() {
            let is_hint = matches!(window, [Token::Word(a), Token::Word(b)]
                if a == "fn" && (b == "hint" || b == "hints"));
            if is_hint {
                let start = body[at..].iter().position(|it| *it == Token::Mark('{'));
                let function = start.map_or(&body[..0], |start| group(&body[at + start..]));
                for (variant, hints) in arms(function) {
                    found.entry(format!("{name}::{variant}")).or_default().extend(hints);
                }
            }
        }
    }
    found
}

/// The arms of `match self`, each variant with the hints of its arm.
fn arms(function: &[Token]) -> Vec<(String, Vec<String>)> {
    let start = function.windows(3).position(|it| {
        matches!(it, [Token::Word(a), Token::Word(b), Token::Mark('{')]
            if a == "match" && b == "self")
    });
    let Some(start) = start else { return vec![(String::new(), literals(function))] };
    let mut body = group(&function[start + 2..]);
    let mut found = Vec::new();
    while let Some(arrow) = arrow(body) {
        let (pattern, rest) = (&body[..arrow], &body[arrow + 2..]);
        let length = match rest {
            [Token::Mark('{'), ..] => group(rest).len() + 2,
            _ => comma(rest),
        };
        let hints = literals(&rest[..length]);
        for window in pattern.windows(4) {
            if let [Token::Word(word), Token::Mark(':'), Token::Mark(':'), Token::Word(variant)] =
                window
                && word == "Self"
            {
                found.push((variant.clone(), hints.clone()));
            }
        }
        body = &rest[length..];
    }
    found
}

/// The hints of an expression: a command with its purpose for `Hint::run`, sentences otherwise.
pub(super) fn literals(tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let [token, after @ ..] = rest {
        rest = after;
        match token {
            Token::Word(word) if word == "run" && after.first() == Some(&Token::Mark('(')) => {
                let args = group(after);
                let (command, purpose) = args.split_at(comma(args));
                // A command may have been formed before.
                let command = texts(command).next().cloned().or_else(|| found.pop());
                if let (Some(command), Some(purpose)) = (command, texts(purpose).next()) {
                    found.push(format!("run `{command}` to {purpose}"));
                }
                rest = &after[args.len() + 2..];
            }
            Token::Text(text) if text.contains(' ') && text.len() > 8 => found.push(text.clone()),
            _ => {}
        }
    }
    found
}

pub(super) fn texts(tokens: &[Token]) -> impl Iterator<Item = &String> {
    tokens.iter().filter_map(|token| match token {
        Token::Text(text) => Some(text),
        _ => None,
    })
}

/// The place of `=>` outside of brackets.
fn arrow(tokens: &[Token]) -> Option<usize> {
    top(tokens).find(|&at| matches!(tokens[at..], [Token::Mark('='), Token::Mark('>'), ..]))
}

/// The place of the comma behind an expression, or the end.
fn comma(tokens: &[Token]) -> usize {
    top(tokens).find(|&at| tokens[at] == Token::Mark(',')).unwrap_or(tokens.len())
}

/// The places outside of brackets.
pub(super) fn top(tokens: &[Token]) -> impl Iterator<Item = usize> {
    let mut depth = 0_i32;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        let is_top = depth == 0;
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        is_top.then_some(at)
    })
}

/// The tokens between an opening bracket, which comes first, and its counterpart.
pub(super) fn group(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return tokens.get(1..at).unwrap_or_default();
        }
    }
    &[]
}

fn word(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    const SOURCE: &str = "\
/// Errors.
enum E {
    /// Usually `x`.
    #[error(\"no `{name}`{}\", list(.tail))]
    A { /// A name.
        name: String },
    #[error(transparent)]
    B(#[from] C),
}
impl Advice for E {
    fn exit_code(&self) -> u8 { 1 }
    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::A { name, .. } if name == \"a b c d e\" => Hint::run(\"cai run\", \"create it\"),
            Self::A { .. } | Self::B(_) => { Hint::new(\"look at the file\") }
        };
        vec![hint]
    }
}
";

    #[test]
    fn variants_have_messages_causes_and_hints() {
        let tokens = tokens(SOURCE);
        let expected = Variant {
            name: "E::A".into(),
            message: "no `{name}`{}".into(),
            cause: "Usually `x`.".into(),
        };
        assert_eq!(variants(&tokens), [expected]);
        let hints = hints(&tokens);
        assert_eq!(hints["E::A"], ["run `cai run` to create it", "look at the file"]);
        assert_eq!(hints["E::B"], ["look at the file"]);
    }
}
