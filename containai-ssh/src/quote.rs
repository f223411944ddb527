//! Quoting for remote shells.
//!
//! SSH carries a command as one line (RFC 4254 §6.5), which sshd passes to the
//! user's login shell. All quoting for it is done here.

/// Quotes one word so that POSIX shells, bash, zsh and fish take it literally.
///
/// Everything except `'` and `\` is in single quotes; these two are escaped
/// outside of the quotes, because fish interprets `\` in single quotes and zsh
/// may interpret `''` (`RC_QUOTES`). A word with a NUL byte cannot be passed to
/// any program; the caller has to reject it.
///
/// ```
/// assert_eq!(containai_ssh::quote::word(b"it's"), br"'it'\''s'");
/// ```
#[must_use]
pub fn word(word: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(word.len() + 2);
    let mut is_open = word.is_empty();
    if is_open {
        line.push(b'\'');
    }
    for &byte in word {
        let stands_inside = !matches!(byte, b'\'' | b'\\');
        if is_open != stands_inside {
            line.push(b'\'');
            is_open = stands_inside;
        }
        if !stands_inside {
            line.push(b'\\');
        }
        line.push(byte);
    }
    if is_open {
        line.push(b'\'');
    }
    line
}

/// Quotes every word and joins them with blanks.
pub fn words<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Vec<u8> {
    let quoted: Vec<_> = words.into_iter().map(|each| word(each.as_ref())).collect();
    quoted.join(&b' ')
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(String::from_utf8_lossy(&word(text.as_bytes())), expected);
    }

    #[test]
    fn quotes_special_characters() {
        check("", "''");
        check("ls", "'ls'");
        check("it's", r"'it'\''s'");
        check(r"a\b", r"'a'\\'b'");
        check(r"\'\", r"\\\'\\");
        check("$(id) `id` ! * ~ #", "'$(id) `id` ! * ~ #'");
        check("a\nb", "'a\nb'");
    }

    /// Returns the words that a shell reads from the line, each terminated by
    /// NUL.
    fn read_back(shell: &str, list: &[Vec<u8>]) -> Vec<Vec<u8>> {
        use std::os::unix::ffi::OsStringExt;

        let mut line = b"printf '%s\\0' ".to_vec();
        line.extend(words(list));
        let output = Command::new(shell)
            .arg("-c")
            .arg(std::ffi::OsString::from_vec(line))
            .output()
            .unwrap_or_else(|error| panic!("cannot run `{shell}`: {error}"));
        assert!(output.status.success(), "{shell}: {output:?}");
        let mut list: Vec<_> = output.stdout.split(|&b| b == 0).map(<[u8]>::to_vec).collect();
        list.pop();
        list
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn shells_read_back_the_words(
            list in prop::collection::vec(
                prop::collection::vec(prop_oneof![
                    4 => prop::sample::select(b"'\"\\$`!*?~#&|;<>(){}[]=%^\n\r\t -a/".to_vec()),
                    1 => 1_u8..=255,
                ], 0..12),
                1..6,
            ),
        ) {
            for shell in ["dash", "bash", "zsh", "fish"] {
                prop_assert_eq!(&read_back(shell, &list), &list, "{}", shell);
            }
        }
    }
}
