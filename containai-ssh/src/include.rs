//! The `Include` line in the user's `~/.ssh/config`.
//!
//! OpenSSH uses the first value of an option, so the line precedes everything
//! else, outside of any `Host` or `Match` block.

use std::path::Path;

use crate::host_block::{HostBlockError, path_argument};

/// The included pattern, relative to OpenSSH's notion of the user's home
/// directory.
pub const PATTERN: &str = "~/.ssh/containai.d/*.conf";

/// Returns the included pattern for a home directory other than the one in the
/// password database.
///
/// # Errors
///
/// [`HostBlockError`] for a path that ssh_config(5) cannot express.
pub fn pattern_below(fragment_dir: &Path) -> Result<String, HostBlockError> {
    // `Include` expands no `%` tokens, so `%` is not doubled.
    let quoted = path_argument(&fragment_dir.join("*.conf"))?.replace("%%", "%");
    Ok(quoted.trim_matches('"').to_owned())
}

/// Returns the line that a person adds to `~/.ssh/config`, as its first one.
#[must_use]
pub fn line(pattern: &str) -> String {
    match pattern.contains(' ') {
        true => format!("Include \"{pattern}\""),
        false => format!("Include {pattern}"),
    }
}

/// Returns the configuration with an `Include` of `pattern` as its first
/// effective line, or `None` if it is there already.
///
/// The user's text is kept: comments, line endings, bytes that are not UTF-8,
/// and other paths on an `Include` line with the pattern. The pattern itself is
/// removed from later lines, so that each block is read once.
///
/// ```
/// use containai_ssh::include::{PATTERN, add};
///
/// assert_eq!(
///     add(b"Host x\n", PATTERN).as_deref(),
///     Some(b"Include ~/.ssh/containai.d/*.conf\n\nHost x\n".as_slice()),
/// );
/// assert_eq!(add(b"# mine\nInclude ~/.ssh/containai.d/*.conf\n", PATTERN), None);
/// ```
#[must_use]
pub fn add(config: &[u8], pattern: &str) -> Option<Vec<u8>> {
    let first = lines(config).find(|line| is_effective(line));
    if first.is_some_and(|line| includes(line, pattern)) {
        return None;
    }
    let end = line_end(config);
    let mut text = line(pattern).into_bytes();
    text.extend(end);
    if !config.is_empty() {
        text.extend(end);
    }
    for line in lines(config) {
        text.extend(without_pattern(line, pattern));
    }
    if !text.ends_with(b"\n") {
        text.extend(end);
    }
    Some(text)
}

/// Whether OpenSSH reads the pattern for every host: the `Include` may follow
/// other directives, outside of blocks or in a block for all hosts.
#[must_use]
pub fn is_read(config: &[u8], pattern: &str) -> bool {
    let mut is_for_all = true;
    for line in lines(config) {
        if is_for_all && includes(line, pattern) {
            return true;
        }
        if let Some(hosts) = arguments_of(line, "host") {
            is_for_all = hosts.first() == Some(&b"*".as_slice());
        } else if let Some(conditions) = arguments_of(line, "match") {
            is_for_all = conditions.first().is_some_and(|it| it.eq_ignore_ascii_case(b"all"));
        }
    }
    false
}

/// Returns the lines with their ends.
fn lines(config: &[u8]) -> impl Iterator<Item = &[u8]> {
    config.split_inclusive(|byte| *byte == b'\n')
}

fn line_end(config: &[u8]) -> &'static [u8] {
    match lines(config).next() {
        Some(line) if line.ends_with(b"\r\n") => b"\r\n",
        _ => b"\n",
    }
}

fn is_effective(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    !line.is_empty() && !line.starts_with(b"#")
}

fn includes(line: &[u8], pattern: &str) -> bool {
    arguments_of(line, "include")
        .is_some_and(|arguments| arguments.iter().any(|argument| is_pattern(argument, pattern)))
}

/// Returns the line without the pattern: unchanged if it does not have it,
/// empty if it has nothing else.
fn without_pattern(line: &[u8], pattern: &str) -> Vec<u8> {
    let Some(arguments) = arguments_of(line, "include") else {
        return line.to_owned();
    };
    let (ours, rest): (Vec<&[u8]>, Vec<&[u8]>) =
        arguments.into_iter().partition(|argument| is_pattern(argument, pattern));
    let has_path = rest.first().is_some_and(|argument| !argument.starts_with(b"#"));
    match (ours.is_empty(), has_path) {
        (true, _) => line.to_owned(),
        (false, false) => Vec::new(),
        (false, true) => {
            let indent = &line[..line.len() - line.trim_ascii_start().len()];
            let end = &line[line.trim_ascii_end().len()..];
            [indent, &b"Include "[..], &rest.join(&b' ')[..], end].concat()
        }
    }
}

/// Whether an argument is the pattern in any spelling: quoted, or relative to
/// `~/.ssh` as ssh_config(5) allows.
fn is_pattern(argument: &[u8], pattern: &str) -> bool {
    let argument = argument.strip_prefix(b"\"").unwrap_or(argument);
    let argument = argument.strip_suffix(b"\"").unwrap_or(argument);
    [pattern, PATTERN, "containai.d/*.conf"].iter().any(|known| known.as_bytes() == argument)
}

/// Returns the arguments of a directive, with quotes; `None` for any other
/// line.
///
/// The keyword is case-insensitive, and may be followed by one `=`. A trailing
/// comment is the last argument.
fn arguments_of<'a>(line: &'a [u8], keyword: &str) -> Option<Vec<&'a [u8]>> {
    let (word, rest) = line.trim_ascii().split_at_checked(keyword.len())?;
    if !word.eq_ignore_ascii_case(keyword.as_bytes()) {
        return None;
    }
    if !rest.first().is_some_and(|byte| byte.is_ascii_whitespace() || b"=\"".contains(byte)) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let mut rest = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start();
    let mut arguments = Vec::new();
    while !rest.is_empty() {
        let (argument, tail) = split_argument(rest);
        arguments.push(argument);
        rest = tail.trim_ascii_start();
    }
    Some(arguments)
}

fn split_argument(text: &[u8]) -> (&[u8], &[u8]) {
    let end = match text.first() {
        Some(b'#') => None,
        Some(b'"') => text[1..].iter().position(|byte| *byte == b'"').map(|end| end + 2),
        _ => text.iter().position(u8::is_ascii_whitespace),
    };
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) {
        let (before, after) = (before.as_ref(), after.as_ref());
        let shown = before.escape_ascii();
        assert_eq!(add(before, PATTERN).as_deref(), Some(after), "{shown}");
        assert_eq!(add(after, PATTERN), None, "a second time: {shown}");
    }

    #[test]
    fn include_is_the_first_line() {
        check("", "Include ~/.ssh/containai.d/*.conf\n");
        check("Host x", "Include ~/.ssh/containai.d/*.conf\n\nHost x\n");
        check(
            "Host x\r\n  User y\r\n",
            "Include ~/.ssh/containai.d/*.conf\r\n\r\nHost x\r\n  User y\r\n",
        );
        check(
            "# Include ~/.ssh/containai.d/*.conf\n",
            "Include ~/.ssh/containai.d/*.conf\n\n# Include ~/.ssh/containai.d/*.conf\n",
        );
    }

    #[test]
    fn recognizes_every_spelling() {
        for line in [
            "Include ~/.ssh/containai.d/*.conf",
            "  include\t\"~/.ssh/containai.d/*.conf\" # cai",
            "INCLUDE=~/.ssh/containai.d/*.conf",
            "Include = containai.d/*.conf",
            "Include ~/mine.conf ~/.ssh/containai.d/*.conf",
        ] {
            assert_eq!(add(format!("# c\n\n{line}\nHost x\n").as_bytes(), PATTERN), None, "{line}");
        }
    }

    #[test]
    fn keeps_the_users_paths() {
        check(
            "Host x\n  Include ~/mine ~/.ssh/containai.d/*.conf \"~/a b\" # both\n",
            "Include ~/.ssh/containai.d/*.conf\n\nHost x\n  Include ~/mine \"~/a b\" # both\n",
        );
        check(
            "Host x\nInclude ~/.ssh/containai.d/*.conf # ours\nHost y\n",
            "Include ~/.ssh/containai.d/*.conf\n\nHost x\nHost y\n",
        );
        check(
            "Include ~/.ssh/notcontainai.d/*.conf\n",
            "Include ~/.ssh/containai.d/*.conf\n\nInclude ~/.ssh/notcontainai.d/*.conf\n",
        );
        check("IncludeX a\n", "Include ~/.ssh/containai.d/*.conf\n\nIncludeX a\n");
    }

    #[test]
    fn every_byte_is_kept() {
        for own in [
            b"# Gr\xfc\xdfe aus Latin-1\nHost b\xfccher\n".as_slice(),
            b"Host x\n\tUser a\0b\n",
            b"\xef\xbb\xbfHost x\n",
            b"Host x\r\n\r\n  User y\r\n",
            b"Host x\n  Include caf\xe9 \xff\n",
        ] {
            let text = add(own, PATTERN).unwrap_or_default();
            assert!(text.ends_with(own), "{}", own.escape_ascii());
            assert_eq!(add(&text, PATTERN), None);
        }
        check(
            b"Match host x\n\tInclude ~/caf\xe9 ~/.ssh/containai.d/*.conf\r\n",
            b"Include ~/.ssh/containai.d/*.conf\n\nMatch host x\n\tInclude ~/caf\xe9\r\n",
        );
    }

    #[test]
    fn an_include_after_other_directives_is_read() {
        let check = |config: &str, expected: bool| {
            let config = config.replace("OURS", "Include ~/.ssh/containai.d/*.conf");
            assert_eq!(is_read(config.as_bytes(), PATTERN), expected, "{config}");
        };
        check("OURS\n", true);
        check("IgnoreUnknown X\nInclude ~/a\nOURS\nHost x\n", true);
        check("Host x\n  User y\nHost *\n  OURS\n", true);
        check("Host x\nMatch all\n\tOURS\n", true);
        check("Host x\nOURS\n", false);
        check("Host *.example\nOURS\n", false);
        check("Match host x\n  OURS\n", false);
        check("# OURS\nHost x\n", false);
        check("", false);
    }

    #[test]
    fn another_home_uses_an_absolute_path() -> Result<(), HostBlockError> {
        let pattern = pattern_below(Path::new("/tmp/my home/.ssh/containai.d"))?;
        let text = add(b"Host x\n", &pattern);
        let expected = b"Include \"/tmp/my home/.ssh/containai.d/*.conf\"\n\nHost x\n";
        assert_eq!(text.as_deref(), Some(expected.as_slice()));
        assert_eq!(add(expected, &pattern), None);
        Ok(())
    }
}
