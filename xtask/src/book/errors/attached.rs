//! Hints that are attached to an error where it is made.

use super::collect::KnownError;
use super::item::{group, literals, texts, top};
use super::token::Token;

/// Reads `OperationError::…(TEXT).hint(HINT)`, with texts in place or in variables above.
pub(super) fn attached(topic: &str, tokens: &[Token]) -> Vec<KnownError> {
    let mut found = Vec::new();
    for (at, window) in tokens.windows(5).enumerate() {
        let [Token::Word(name), Token::Mark(':'), Token::Mark(':'), Token::Word(_), open] = window
        else {
            continue;
        };
        if name != "OperationError" || *open != Token::Mark('(') {
            continue;
        }
        let (before, call) = (&tokens[..at], &tokens[at + 4..]);
        let args = group(call);
        let hints = hints_of(&call[args.len() + 2..], before);
        if let (Some(message), false) = (message_of(args, before), hints.is_empty()) {
            found.push(KnownError {
                topic: topic.to_owned(),
                message,
                cause: String::new(),
                hints,
            });
        }
    }
    found
}

fn message_of(args: &[Token], before: &[Token]) -> Option<String> {
    let variable = || texts(assignment(last_word(args)?, before)?).next();
    texts(args).next().or_else(variable).cloned()
}

/// The hints of the calls of `hint` at the start of `rest`.
fn hints_of(mut rest: &[Token], before: &[Token]) -> Vec<String> {
    let mut hints = Vec::new();
    while let [Token::Mark('.'), Token::Word(method), Token::Mark('('), ..] = rest
        && method == "hint"
    {
        let args = group(&rest[2..]);
        let mut own = literals(args);
        if own.is_empty()
            && let Some(value) = last_word(args).and_then(|name| assignment(name, before))
        {
            own = literals(value);
        }
        hints.extend(own);
        rest = &rest[args.len() + 4..];
    }
    hints
}

/// The variable that an expression ends with.
fn last_word(tokens: &[Token]) -> Option<&str> {
    tokens.iter().rev().find_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        _ => None,
    })
}

/// The value of the last `let NAME = …;`.
fn assignment<'a>(name: &str, before: &'a [Token]) -> Option<&'a [Token]> {
    let start = before.windows(3).rposition(|window| {
        matches!(window, [Token::Word(a), Token::Word(b), Token::Mark('=')]
            if a == "let" && b == name)
    })?;
    let value = &before[start + 3..];
    let end = top(value).find(|&at| value[at] == Token::Mark(';'));
    Some(&value[..end.unwrap_or(value.len())])
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    const SOURCE: &str = "\
fn f() {
    let message = format!(\"`{path}` already exists\");
    let hint = Hint::new(\"choose another name\");
    OperationError::usage(message).hint(hint);
    OperationError::with_code(exit::FAILED, \"not complete\")
        .hint(Hint::run(\"cai run\", \"complete it\"))
        .hint(Hint::new(\"copy single files\"));
    OperationError::usage(\"no next step\");
}
";

    #[test]
    fn attached_hints_belong_to_their_message() {
        let found = attached("Export", &tokens(SOURCE));
        let found: Vec<_> = found.iter().map(|it| (it.message.as_str(), &it.hints[..])).collect();
        let first = ["choose another name".to_owned()];
        let second = ["run `cai run` to complete it".to_owned(), "copy single files".to_owned()];
        let expected = [("`{path}` already exists", &first[..]), ("not complete", &second[..])];
        assert_eq!(found, expected);
    }
}
