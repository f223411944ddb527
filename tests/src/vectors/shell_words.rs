//! Word splitting of shell commands.

use std::iter::Peekable;
use std::str::Chars;

use anyhow::{Result, bail};

/// A word of a simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A word after quote removal.
    Text(String),
    /// An operator, or an expansion left to the remote shell.
    Live(String),
}

/// Splits a line as POSIX.1-2017 §2.2 and bash's `$'…'` define it, without expansions: recorded
/// lines are never executed.
pub(super) fn split(line: &str) -> Result<Vec<Word>> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        if chars.peek().is_none() {
            return Ok(words);
        }
        words.push(word(&mut chars)?);
    }
}

fn word(chars: &mut Peekable<Chars<'_>>) -> Result<Word> {
    let mut text = String::new();
    let mut is_live = false;
    while let Some(c) = chars.next_if(|c| !matches!(c, ' ' | '\t')) {
        match c {
            '\'' => single_quoted(chars, &mut text)?,
            '\\' => match chars.next() {
                Some(c) => text.push(c),
                None => bail!("a backslash ends the line"),
            },
            '$' if chars.next_if_eq(&'\'').is_some() => dollar_quoted(chars, &mut text)?,
            c => {
                is_live |= "$`&|;<>()*?[#~\"".contains(c);
                text.push(c);
            }
        }
    }
    Ok(if is_live { Word::Live(text) } else { Word::Text(text) })
}

fn single_quoted(chars: &mut Peekable<Chars<'_>>, text: &mut String) -> Result<()> {
    for c in chars.by_ref() {
        match c {
            '\'' => return Ok(()),
            c => text.push(c),
        }
    }
    bail!("a quote is not closed")
}

/// Reads the output of bash's `printf %q` for control characters.
fn dollar_quoted(chars: &mut Peekable<Chars<'_>>, text: &mut String) -> Result<()> {
    while let Some(c) = chars.next() {
        let escaped = match c {
            '\'' => return Ok(()),
            '\\' => chars.next(),
            c => {
                text.push(c);
                continue;
            }
        };
        text.push(match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('v') => '\u{b}',
            Some('f') => '\u{c}',
            Some('E' | 'e') => '\u{1b}',
            Some(digit @ '0'..='7') => octal(digit, chars),
            Some(c) => c,
            None => bail!("a backslash ends the line"),
        });
    }
    bail!("a quote is not closed")
}

fn octal(first: char, chars: &mut Peekable<Chars<'_>>) -> char {
    let mut code = first.to_digit(8).unwrap_or_default();
    for _ in 0..2 {
        if let Some(digit) = chars.next_if(|c| c.is_digit(8)) {
            code = code * 8 + digit.to_digit(8).unwrap_or_default();
        }
    }
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_removed() -> Result<()> {
        let text = |text: &str| Word::Text(text.to_owned());
        assert_eq!(
            split(r"a\ b 'c d'\''e' $'f\tg\001' ''")?,
            [text("a b"), text("c d'e"), text("f\tg\u{1}"), text(""),]
        );
        assert_eq!(split("echo $HOME")?, [text("echo"), Word::Live("$HOME".to_owned())]);
        assert!(split("'").is_err() && split("\\").is_err());
        Ok(())
    }
}
