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

/// Returns the configuration with an `Include` of `pattern` as its first
/// effective line, or `None` if it is there already.
///
/// The user's text is kept: comments, line endings, and other paths on an
/// `Include` line with the pattern. The pattern itself is removed from later
/// lines, so that each block is read once.
///
/// ```
/// use containai_ssh::include::{PATTERN, add};
///
/// assert_eq!(
///     add("Host x\n", PATTERN).as_deref(),
///     Some("Include ~/.ssh/containai.d/*.conf\n\nHost x\n"),
/// );
/// assert_eq!(add("# mine\nInclude ~/.ssh/containai.d/*.conf\n", PATTERN), None);
/// ```
#[must_use]
pub fn add(config: &str, pattern: &str) -> Option<String> {
    let first = config.lines().find(|line| is_effective(line));
    if first.is_some_and(|line| includes(line, pattern)) {
        return None;
    }
    let end = line_end(config);
    let argument =
        if pattern.contains(' ') { format!("\"{pattern}\"") } else { pattern.to_owned() };
    let mut text = format!("Include {argument}{end}");
    if !config.is_empty() {
        text.push_str(end);
    }
    for line in config.split_inclusive('\n') {
        text.push_str(&without_pattern(line, pattern));
    }
    if !text.ends_with('\n') {
        text.push_str(end);
    }
    Some(text)
}

fn line_end(config: &str) -> &'static str {
    match config.split_inclusive('\n').next() {
        Some(line) if line.ends_with("\r\n") => "\r\n",
        _ => "\n",
    }
}

fn is_effective(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn includes(line: &str, pattern: &str) -> bool {
    include_arguments(line)
        .is_some_and(|arguments| arguments.iter().any(|argument| is_pattern(argument, pattern)))
}

/// Returns the line without the pattern: unchanged if it does not have it,
/// empty if it has nothing else.
fn without_pattern(line: &str, pattern: &str) -> String {
    let Some(arguments) = include_arguments(line) else {
        return line.to_owned();
    };
    let (ours, rest): (Vec<&str>, Vec<&str>) =
        arguments.into_iter().partition(|argument| is_pattern(argument, pattern));
    let has_path = rest.first().is_some_and(|argument| !argument.starts_with('#'));
    match (ours.is_empty(), has_path) {
        (true, _) => line.to_owned(),
        (false, false) => String::new(),
        (false, true) => {
            let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            let end = &line[line.trim_end().len()..];
            format!("{indent}Include {}{end}", rest.join(" "))
        }
    }
}

/// Whether an argument is the pattern in any spelling: quoted, or relative to
/// `~/.ssh` as ssh_config(5) allows.
fn is_pattern(argument: &str, pattern: &str) -> bool {
    let argument = argument.trim_matches('"');
    argument == pattern || argument == PATTERN || argument == "containai.d/*.conf"
}

/// Returns the arguments of an `Include`, with quotes; `None` for any other
/// line.
///
/// The keyword is case-insensitive, and may be followed by one `=`. A trailing
/// comment is the last argument.
fn include_arguments(line: &str) -> Option<Vec<&str>> {
    let line = line.trim();
    let keyword = line.get(..7).filter(|word| word.eq_ignore_ascii_case("include"))?;
    let rest = &line[keyword.len()..];
    if !rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '=' | '"')) {
        return None;
    }
    let rest = rest.trim_start();
    let mut rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    let mut arguments = Vec::new();
    while !rest.is_empty() {
        let (argument, tail) = split_argument(rest);
        arguments.push(argument);
        rest = tail.trim_start();
    }
    Some(arguments)
}

fn split_argument(text: &str) -> (&str, &str) {
    let end = if text.starts_with('#') {
        Some(text.len())
    } else if let Some(quoted) = text.strip_prefix('"') {
        quoted.find('"').map(|end| end + 2)
    } else {
        text.find(char::is_whitespace)
    };
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str) {
        assert_eq!(add(before, PATTERN).as_deref(), Some(after), "{before:?}");
        assert_eq!(add(after, PATTERN), None, "a second time: {after:?}");
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
            assert_eq!(add(&format!("# c\n\n{line}\nHost x\n"), PATTERN), None, "{line}");
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
    fn another_home_uses_an_absolute_path() -> Result<(), HostBlockError> {
        let pattern = pattern_below(Path::new("/tmp/my home/.ssh/containai.d"))?;
        let text = add("Host x\n", &pattern);
        let expected = "Include \"/tmp/my home/.ssh/containai.d/*.conf\"\n\nHost x\n";
        assert_eq!(text.as_deref(), Some(expected));
        assert_eq!(add(expected, &pattern), None);
        Ok(())
    }
}
