//! Dockerfile instructions.

use std::ops::Range;

/// An instruction of a Dockerfile, with its continuation lines joined.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Instruction {
    /// The number of its first line, starting at 1.
    pub line: usize,
    /// The keyword in upper case, such as `FROM`.
    pub keyword: String,
    /// The text after the keyword, without comments and line ends.
    pub arguments: String,
    /// The byte range in the file.
    pub(super) span: Range<usize>,
    /// Whether a here-document follows.
    pub(super) has_here_document: bool,
}

impl Instruction {
    /// Returns the options before the arguments, such as `--platform=x`.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.arguments.split_whitespace().take_while(|word| word.starts_with("--"))
    }

    /// Returns the words after the options.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.arguments.split_whitespace().skip_while(|word| word.starts_with("--"))
    }

    /// Returns the words after the options, without quotes and escapes.
    pub fn unquoted_words(&self) -> Vec<String> {
        let mut rest = self.arguments.trim_start();
        while rest.starts_with("--") {
            rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
        }
        split_words(rest)
    }

    /// Returns the `NAME` or `NAME=value` pairs of an `ARG`, `ENV` or `LABEL`, with
    /// unquoted values.
    pub fn pairs(&self) -> Vec<(String, Option<String>)> {
        split_words(&self.arguments)
            .into_iter()
            .map(|word| match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            })
            .collect()
    }
}

/// Splits at blanks outside quotes and removes quotes and escapes.
fn split_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().extend(characters.next());
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_unquoted() {
        let check = |rest: &str, expected: &[(&str, Option<&str>)]| {
            let instruction = Instruction {
                line: 1,
                keyword: "ARG".into(),
                arguments: rest.into(),
                span: 0..0,
                has_here_document: false,
            };
            let pairs = instruction.pairs();
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            assert_eq!(pairs, expected, "{rest}");
        };
        check("A", &[("A", None)]);
        check("A=1 B=\"x y\" C=''", &[("A", Some("1")), ("B", Some("x y")), ("C", Some(""))]);
        check(r#"A=x\ y B="a\"b""#, &[("A", Some("x y")), ("B", Some("a\"b"))]);
        check("A=\"open", &[("A", Some("open"))]);
    }
}
