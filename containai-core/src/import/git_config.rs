//! A filter for git configurations.

/// Marks the workspace as safe: inside the container it belongs to another user.
const SAFE_DIRECTORY: &str = "[safe]\n\tdirectory = /home/agent/workspace\n";

/// Removes secrets and host-specific settings from a git configuration.
///
/// Removed are:
///
/// - credential helpers and signing
/// - programs and files that name other files (`core.sshCommand`, `core.hooksPath`,
///   `core.fsmonitor`, `include`)
/// - headers and passwords
/// - every address that contains a password or a token
/// - sections without remaining settings
///
/// Everything else is kept verbatim, in the syntax of git-config(1). The workspace is
/// added as a safe directory.
#[must_use]
pub fn filter_git_config(text: &str) -> String {
    let mut kept = String::new();
    let mut section = GitConfigSection::default();
    // A header that is written with the first line to keep.
    let mut header = None;
    for mut line in logical_lines(text) {
        if let Some((found, length)) = GitConfigSection::parse(line) {
            section = found;
            let (head, rest) = line.split_at(length);
            if !is_comment(rest) {
                header = Some(format!("{head}\n"));
                line = rest;
            } else {
                header = Some(with_newline(line));
                continue;
            }
        }
        if section.keeps_line(line) {
            kept.extend(header.take());
            kept.push_str(&with_newline(line));
        }
    }
    kept + SAFE_DIRECTORY
}

/// Returns the lines, joined where a backslash continues them.
fn logical_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        loop {
            let more = &rest[end..];
            let length = more.find('\n').map_or(more.len(), |at| at + 1);
            end += length;
            let line = more[..length].trim_end_matches(['\n', '\r']);
            let slashes = line.len() - line.trim_end_matches('\\').len();
            if length == 0 || slashes.is_multiple_of(2) || is_comment(&rest[..end]) {
                break;
            }
        }
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

fn with_newline(line: &str) -> String {
    if line.ends_with('\n') { line.to_owned() } else { format!("{line}\n") }
}

/// Returns whether a line sets nothing.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with(['#', ';'])
}

#[derive(Default)]
struct GitConfigSection {
    name: String,
    subsection: String,
}

impl GitConfigSection {
    /// Parses a header, `[name]`, `[name "sub"]` or `[name.sub]`, and returns its end.
    fn parse(line: &str) -> Option<(Self, usize)> {
        let indent = line.len() - line.trim_start().len();
        let inner = line[indent..].strip_prefix('[')?;
        let mut quoted = false;
        let mut escaped = false;
        let end = inner.char_indices().find_map(|(at, c)| {
            let is_end = c == ']' && !quoted;
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end.then_some(at)
        })?;
        let head = inner[..end].trim();
        let (name, subsection) = match head.split_once('"') {
            Some((name, sub)) => (name.trim(), sub.trim_end_matches('"')),
            None => head.split_once('.').unwrap_or((head, "")),
        };
        let section = Self {
            name: name.to_lowercase(),
            subsection: subsection.replace("\\\"", "\"").replace("\\\\", "\\"),
        };
        Some((section, indent + end + 2))
    }

    fn keeps_line(&self, line: &str) -> bool {
        if matches!(self.name.as_str(), "include" | "includeif") || has_secret(&self.subsection) {
            return false;
        }
        if is_comment(line) {
            return true;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        // A key without a value may be followed by a comment.
        let key = key.split(['#', ';']).next().unwrap_or_default().trim().to_lowercase();
        let is_dropped = matches!(
            (self.name.as_str(), key.as_str()),
            ("credential", "helper")
                | ("user", "signingkey")
                | ("commit" | "tag" | "push", "gpgsign")
                | ("gpg", "program" | "format" | "defaultkeycommand")
                | ("core", "sshcommand" | "hookspath" | "fsmonitor" | "askpass" | "gitproxy")
                | (
                    "http",
                    "extraheader"
                        | "cookiefile"
                        | "sslkey"
                        | "sslcert"
                        | "sslcertpasswordprotected"
                )
        );
        let is_secret = key.contains("token") || key.contains("password") || key.ends_with("pass");
        !is_dropped && !is_secret && !has_secret(value)
    }
}

/// Returns whether an address in the text contains a password, or a token as the user of
/// an HTTP address.
fn has_secret(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end = after.find(['/', ' ', '\t', '"', '?', '#']).unwrap_or(after.len());
        if let Some((user, _)) = after[..end].rsplit_once('@') {
            let is_http = scheme.to_lowercase().starts_with("http");
            if user.contains(':') || is_http {
                return true;
            }
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_and_commands_are_removed() {
        for gone in [
            "[url \"https://x:ghp_1@github.com/\"]\n\tinsteadOf = https://github.com/\n",
            "[url \"https://ghp_1@github.com/\"]\n\tinsteadOf = gh:\n",
            "[url \"gh:\"]\n\tinsteadOf = https://x:ghp_1@github.com/\n",
            "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic ghp_1\n",
            "[HTTP]\n\tExtraHeader = x\n",
            "[core]\n\tsshCommand = ssh -i x\n\thooksPath = /x\n\tfsmonitor = /x\n",
            "[core] sshCommand = x\n",
            "[include]\n\tpath = ~/x\n[includeIf \"gitdir:~/\"]\n\tpath = x\n",
            "[credential.https://github.com]\n\thelper = x\n",
            "[commit]\n\tgpgsign\n",
            "[http]\n\tproxy = http://me:secret@proxy:3128\n",
            "[sendemail]\n\tsmtpPass = x\n[hub]\n\toauthtoken = x\n",
        ] {
            assert_eq!(filter_git_config(gone), SAFE_DIRECTORY, "{gone}");
        }
        for kept in [
            "[url \"ssh://git@github.com/\"]\n\tinsteadOf = https://github.com/\n",
            "[url \"git@github.com:\"]\n\tinsteadOf = https://github.com/\n",
            "[alias]\n\tx = !git \\\n\tlog\n",
            "[core] editor = vim\n".replace("] ", "]\n ").as_str(),
            "[branch \"a]b\"]\n\tremote = origin\n",
        ] {
            assert_eq!(filter_git_config(kept), format!("{kept}{SAFE_DIRECTORY}"), "{kept}");
        }
    }

    proptest! {
        #[test]
        fn passwords_are_always_removed(before in "(?s)[\\[\\]\"a=#;\\\\\n ]{0,30}", after in "(?s).{0,20}") {
            let text = format!("{before}\n[url \"https://me:hunter2@host/\"]\n x = y\n{after}");
            let text = text.replace('\\', "");
            prop_assert!(!filter_git_config(&text).contains("hunter2"));
        }

        #[test]
        fn filter_is_idempotent(text in "(?s)([a-z]+ = [a-z]+\n|\\[[a-z]+\\]\n|\\[x \"y\"\\]\n){0,12}") {
            let once = filter_git_config(&text);
            prop_assert_eq!(filter_git_config(&once), once.clone() + SAFE_DIRECTORY);
        }
    }
}
