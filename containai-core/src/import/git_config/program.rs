//! Programs that git starts, and what takes their place where they are missing.

/// Programs of every container.
const PRESENT: [&str; 7] = ["less", "more", "cat", "vi", "git", "git-lfs", "ssh"];

/// Returns a command for git that runs `command` where its program is installed and `fallback`
/// otherwise. Git appends arguments; in `fallback` they are `"$@"`. `None` if every container has
/// the program, or if the command is a script, which cannot be part of another one.
pub(super) fn with_fallback(command: &str, fallback: &str) -> Option<String> {
    let program = program_of(command)?;
    let is_script = command.contains([';', '|', '&', '<', '>', '(', ')', '{', '}', '`', '$', '\n']);
    if is_script || PRESENT.contains(&program.as_str()) {
        return None;
    }
    let program = program.replace('\'', "'\\''");
    Some(format!(
        "f() {{ if command -v '{program}' >/dev/null; then {command} \"$@\"; else {fallback}; fi; }}; f"
    ))
}

/// Returns the program of a command line, after variables.
fn program_of(command: &str) -> Option<String> {
    let mut rest = command.trim_start();
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            return Some(rest[1..].split_once(quote)?.0.to_owned());
        }
        let (word, after) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        if word.is_empty() {
            return None;
        }
        if !word.contains('=') {
            // A backslash quotes a blank.
            return (!word.ends_with('\\')).then(|| word.to_owned());
        }
        rest = after.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_programs_have_a_fallback() {
        let check = |command: &str| with_fallback(command, "cat").unwrap_or_default();
        insta::assert_snapshot!(check("delta --dark"), @r#"f() { if command -v 'delta' >/dev/null; then delta --dark "$@"; else cat; fi; }; f"#);
        insta::assert_snapshot!(check("'/Applications/A B/c' -w"), @r#"f() { if command -v '/Applications/A B/c' >/dev/null; then '/Applications/A B/c' -w "$@"; else cat; fi; }; f"#);
        insta::assert_snapshot!(check("LESS= X=1 bat -p"), @r#"f() { if command -v 'bat' >/dev/null; then LESS= X=1 bat -p "$@"; else cat; fi; }; f"#);
        for kept in ["less -R", "", "delta | less", "x=1", "\"open", "a\\ b", "$PAGER"] {
            assert_eq!(check(kept), "", "{kept}");
        }
    }
}
