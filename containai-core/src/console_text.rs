//! Text that programs write for a terminal.

use std::borrow::Cow;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

/// Removes escape sequences (ECMA-48 §5.3 and §5.6, and operating system commands as xterm
/// reads them), with their parameters. A sequence that a line break or the end of the text
/// interrupts is removed as well. Other control characters are kept.
///
/// ```
/// use containai_core::console_text::without_escapes;
///
/// assert_eq!(without_escapes("[\u{1b}[0;1;31mFAILED\u{1b}[0m] x"), "[FAILED] x");
/// ```
#[must_use]
pub fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c == ESCAPE || is_c1(c)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c| c == ESCAPE || is_c1(c)) {
        plain.push_str(&rest[..start]);
        rest = skip_sequence(&rest[start..]);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The control characters that introduce a sequence without an escape character.
fn is_c1(c: char) -> bool {
    matches!(c, '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}' | '\u{9e}' | '\u{9f}')
}

/// Skips the sequence at the beginning of the text.
fn skip_sequence(text: &str) -> &str {
    let mut characters = text.chars();
    let kind = match characters.next() {
        // The same sequences in seven bits.
        Some(ESCAPE) => characters.next(),
        Some(c) => char::from_u32(u32::from(c) - 0x40),
        None => None,
    };
    match kind {
        Some('[') => skip_control_sequence(characters.as_str()),
        Some('P' | 'X' | ']' | '^' | '_') => skip_string(characters.as_str()),
        Some(' '..='/') => {
            let rest = characters.as_str().trim_start_matches(|c| matches!(c, ' '..='/'));
            skip_if(rest, |c| matches!(c, '0'..='~'))
        }
        Some('0'..='~') => characters.as_str(),
        // No sequence: only the escape character is removed.
        _ => &text[1..],
    }
}

/// Skips parameters, intermediate characters and the final one.
fn skip_control_sequence(text: &str) -> &str {
    let rest = text.trim_start_matches(|c| matches!(c, '0'..='?'));
    let rest = rest.trim_start_matches(|c| matches!(c, ' '..='/'));
    skip_if(rest, |c| matches!(c, '@'..='~'))
}

/// Skips a string and its end, but no line break.
fn skip_string(text: &str) -> &str {
    let end = text.find(|c| matches!(c, ESCAPE | BELL | '\u{9c}' | '\n' | '\r'));
    let rest = &text[end.unwrap_or(text.len())..];
    rest.strip_prefix("\u{1b}\\").unwrap_or_else(|| skip_if(rest, |c| matches!(c, BELL | '\u{9c}')))
}

fn skip_if(text: &str, is_skipped: impl Fn(char) -> bool) -> &str {
    text.strip_prefix(is_skipped).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_sequences_are_removed() {
        let check = |text: &str, expected: &str| {
            assert_eq!(without_escapes(text), expected, "{text:?}");
        };
        check("plain\ttext\r\n", "plain\ttext\r\n");
        check("[\u{1b}[0;1;31mFAILED\u{1b}[0m] Failed", "[FAILED] Failed");
        check("a\u{1b}[38:2::1:2:3mb\u{1b}[?25lc\u{1b}[2 qd", "abcd");
        check("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "alink");
        check("\u{1b}(Ba\u{1b}#8b\u{1b}7c\u{1b}=d\u{1b}cE", "abcdE");
        check("\u{1b}P1$r0m\u{1b}\\a\u{1b}_secret\u{9c}b", "ab");
        check("\u{9b}31mred\u{9d}0;t\u{7}", "red");
        check("\u{1b}]0;cut\nnext\u{1b}[31", "\nnext");
        check("\u{1b}[31\nx", "\nx");
        check("end\u{1b}", "end");
        check("\u{1b}\u{e4}\u{1b}\u{1b}[1mx", "\u{e4}x");
    }

    proptest! {
        #[test]
        fn no_introducer_is_left(text in "([a\n;0-9\\[\\]P\\\\ (\u{7}\u{9b}\u{9c}\u{e4}]|\u{1b}){0,40}") {
            let plain = without_escapes(&text);
            prop_assert!(!plain.contains(|c| c == ESCAPE || is_c1(c)), "{:?}", plain);
            prop_assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
        }
    }
}
