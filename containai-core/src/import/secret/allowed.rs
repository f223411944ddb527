//! Secrets that the user allows.

use super::super::pattern::matches;

/// A secret that may be imported: a file below the home directory and a key in it. Both
/// are patterns of `*`, `?` and `[…]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllowedSecret {
    path: String,
    key: Option<String>,
}

/// The text is not a valid allowed secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected `PATH:KEY`, or `PATH` for a whole file, below the home directory")]
pub struct AllowedSecretError;

impl AllowedSecret {
    /// Parses `PATH:KEY` or `PATH`; a leading `~/` is ignored.
    ///
    /// # Errors
    ///
    /// [`AllowedSecretError`] if the path is empty, absolute or contains `..`.
    pub fn parse(text: &str) -> Result<Self, AllowedSecretError> {
        let (path, key) = match text.split_once(':') {
            Some((path, key)) => (path, Some(key)),
            None => (text, None),
        };
        let path = path.strip_prefix("~/").unwrap_or(path).trim_end_matches('/');
        let is_odd = |part: &str| matches!(part, "" | "." | ".." | "~");
        if path.split('/').any(is_odd) || key == Some("") || text.contains(char::is_control) {
            return Err(AllowedSecretError);
        }
        Ok(Self { path: path.to_owned(), key: key.map(str::to_owned) })
    }

    /// Returns whether it applies to this file or to a directory that contains it.
    #[must_use]
    pub fn applies_to(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(end, _)| &path[..end]);
        ends.chain([path]).any(|part| matches(&self.path, part))
    }

    /// Returns whether it allows the whole file.
    #[must_use]
    pub fn allows_whole_file(&self) -> bool {
        self.key.is_none()
    }

    /// Returns whether it allows this key of its file.
    #[must_use]
    pub fn allows(&self, key: &str) -> bool {
        self.key.as_deref().is_none_or(|pattern| pattern == key || matches(pattern, key))
    }
}

impl std::fmt::Display for AllowedSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            Some(key) => write!(formatter, "{}:{key}", self.path),
            None => formatter.write_str(&self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_keys() {
        let check = |text: &str, path: &str, key: &str, expected: bool| {
            let allowed = AllowedSecret::parse(text).expect("it is one");
            assert_eq!(allowed.applies_to(path) && allowed.allows(key), expected, "{text}");
        };
        check("~/.zshrc:A_KEY", ".zshrc", "A_KEY", true);
        check(".zshrc:A_KEY", ".zshrc", "B_KEY", false);
        check(".zshrc", ".zshrc", "B_KEY", true);
        check(".claude.json:mcpServers.*.env.*", ".claude.json", "mcpServers.a.env.T", true);
        check(".claude/skills:*", ".claude/skills/a/b.env", "T", true);
        check(".claude/skill:*", ".claude/skills/a/b.env", "T", false);
        for odd in ["", ":K", "/etc/x:K", "../x:K", "~:K", "a//b", "a:"] {
            assert_eq!(AllowedSecret::parse(odd), Err(AllowedSecretError), "{odd}");
        }
    }
}
