//! Rust source as tokens, as far as enums, attributes and matches go.

/// A token. Comments other than documentation are left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::book) enum Token {
    /// The text of a line of documentation of an item.
    Doc(String),
    /// The value of a string literal.
    Text(String),
    /// An identifier, a keyword or a number.
    Word(String),
    /// Any other character.
    Mark(char),
}

/// Takes source apart.
pub(in crate::book) fn tokens(source: &str) -> Vec<Token> {
    let characters: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let rest = &characters[at..];
        let (token, length) = match c {
            '/' if starts(rest, "//") => line_comment(rest),
            '/' if starts(rest, "/*") => (None, find(rest, "*/") + 2),
            '"' => text(rest),
            'r' if starts(rest, "r\"") || starts(rest, "r#\"") => raw_text(rest),
            '\'' => (None, quote(rest)),
            c if c.is_alphanumeric() || c == '_' => word(rest),
            c if c.is_whitespace() => (None, 1),
            c => (Some(Token::Mark(c)), 1),
        };
        tokens.extend(token);
        at += length;
    }
    tokens
}

fn starts(rest: &[char], prefix: &str) -> bool {
    prefix.chars().enumerate().all(|(index, c)| rest.get(index) == Some(&c))
}

/// The place of `needle`, or the end.
fn find(rest: &[char], needle: &str) -> usize {
    (0..rest.len()).find(|&at| starts(&rest[at..], needle)).unwrap_or(rest.len())
}

fn line_comment(rest: &[char]) -> (Option<Token>, usize) {
    let length = find(rest, "\n");
    let line: String = rest[..length].iter().collect();
    let is_doc = line.starts_with("///") && !line.starts_with("////");
    (is_doc.then(|| Token::Doc(line[3..].trim().to_owned())), length)
}

/// A string literal with its escapes; a line break behind `\` joins the lines.
fn text(rest: &[char]) -> (Option<Token>, usize) {
    let mut value = String::new();
    let mut at = 1;
    while let Some(&c) = rest.get(at) {
        at += 1;
        match c {
            '"' => break,
            '\\' => {
                let escaped = rest.get(at).copied().unwrap_or('\\');
                at += 1;
                match escaped {
                    'n' => value.push(' '),
                    '\n' => at += rest[at..].iter().take_while(|c| c.is_whitespace()).count(),
                    c => value.push(c),
                }
            }
            c => value.push(c),
        }
    }
    (Some(Token::Text(value)), at)
}

fn raw_text(rest: &[char]) -> (Option<Token>, usize) {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    let start = hashes + 2;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = find(&rest[start..], &end);
    let value = rest[start..start + length].iter().collect();
    (Some(Token::Text(value)), start + length + end.len())
}

/// The length of a character literal, or of the quote of a lifetime.
fn quote(rest: &[char]) -> usize {
    match rest {
        [_, '\\', _, ..] => 2 + find(&rest[3..], "'") + 2,
        [_, _, '\'', ..] => 3,
        _ => 1,
    }
}

fn word(rest: &[char]) -> (Option<Token>, usize) {
    let length = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
    (Some(Token::Word(rest[..length].iter().collect())), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_recognized() {
        let source = "/// A `x`.\nA('\"', \"b \\\"c\\\" \\\n    d\", r#\"e\"#) // f\n&'a '\\''";
        let expected = [
            Token::Doc("A `x`.".into()),
            Token::Word("A".into()),
            Token::Mark('('),
            Token::Mark(','),
            Token::Text("b \"c\" d".into()),
            Token::Mark(','),
            Token::Text("e".into()),
            Token::Mark(')'),
            Token::Mark('&'),
            Token::Word("a".into()),
        ];
        assert_eq!(tokens(source), expected);
    }
}
