//! URLs with secrets.

use super::key_name::{KeyMeaning, key_meaning};
use super::random::is_random;
use super::reference::{is_reference, is_sample};

/// The parts of a URL to check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum UrlParts {
    /// The user information.
    User,
    /// The user information, the path and the query.
    All,
}

/// Returns whether a text contains a URL with a password, a token or a random part.
pub(super) fn has_secret(text: &str, parts: UrlParts) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end = after.find(|c: char| c.is_whitespace() || "\"'`<>)|,;\\".contains(c));
        let address = &after[..end.unwrap_or(after.len())];
        let host_end = address.find(['/', '?', '#']).unwrap_or(address.len());
        let (host, path) = address.split_at(host_end);
        if has_credentials(scheme, host) || parts == UrlParts::All && has_secret_path(path) {
            return true;
        }
        rest = after;
    }
    false
}

fn has_credentials(scheme: &str, host: &str) -> bool {
    let Some((user, _)) = host.rsplit_once('@') else { return false };
    match user.split_once(':') {
        Some((_, password)) => {
            !is_reference(password) && !is_sample(password) && password != "pass"
        }
        // `git@` and other service accounts are not secret.
        None => {
            scheme.to_lowercase().starts_with("http")
                && (user.len() >= 16 || super::known_token::has_token(user))
                && !is_reference(user)
                && !is_sample(user)
        }
    }
}

fn has_secret_path(path: &str) -> bool {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_secret = |(name, value): (&str, &str)| {
        !is_reference(value)
            && match key_meaning(name) {
                KeyMeaning::Secret => true,
                KeyMeaning::Identifier => false,
                KeyMeaning::Possible => {
                    value.len() >= 8 && value.contains(|c: char| c.is_ascii_digit())
                }
                _ => is_random(value),
            }
    };
    path.split('/').any(is_random)
        || query.split(['&', '#']).filter_map(|it| it.split_once('=')).any(is_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_secrets_are_found() {
        for (text, expected) in [
            ("https://me:hunter2@example.org/x", true),
            ("postgres://app:hunter2@db/x", true),
            ("https://q7Rt2Zp9Lm4Xw1Nv8Bc3@github.com/x", true),
            ("https://git@github.com/x", false),
            ("ssh://git@github.com/x", false),
            ("https://user:$TOKEN@github.com/x", false),
            ("https://mcp.example.org/sse?api_key=a1", true),
            ("https://mcp.example.org/sse?api_key=${KEY}", false),
            ("https://mcp.example.org/s/q7Rt2Zp9Lm4Xw1Nv8Bc3Kd6Hs5/mcp", true),
            ("https://example.org/a/550e8400-e29b-41d4-a716-446655440000", false),
            ("https://github.com/x/y/commit/da39a3ee5e6b4b0d3255bfef95601890afd80709", false),
            ("https://json.schemastore.org/claude-code-settings.json", false),
            ("https://example.org/?page=2&max_tokens=4096", false),
        ] {
            assert_eq!(has_secret(text, UrlParts::All), expected, "{text}");
        }
        assert!(!has_secret("https://x/?token=abc123def", UrlParts::User));
    }
}
