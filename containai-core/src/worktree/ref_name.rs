use serde::{Deserialize, Serialize};

/// The maximum length of a name; file systems allow 255 bytes for a component.
const MAX_LEN: usize = 1024;

/// The full name of a reference, such as `refs/heads/main`.
///
/// The rules are stricter than those of git-check-ref-format(1): a component begins with
/// neither `-` nor `.`, and the name needs no quoting.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct RefName(String);

impl RefName {
    /// Parses a name; `None` for one that is not safe to pass to git.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('/').collect();
        let is_good = parts.len() >= 2
            && parts[0] == "refs"
            && text.len() <= MAX_LEN
            && !text.contains("..")
            && !text.contains("@{")
            && parts.iter().all(|part| is_component(part))
            // `refs/heads/HEAD` is ambiguous with `HEAD`.
            && text != "refs/heads/HEAD";
        is_good.then(|| Self(text.to_owned()))
    }

    /// Returns the full name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name after `refs/`.
    #[must_use]
    pub fn below_refs(&self) -> &str {
        self.0.strip_prefix("refs/").unwrap_or(&self.0)
    }

    /// Returns the branch; `None` for any other reference.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.0.strip_prefix("refs/heads/")
    }

    /// Returns whether it is a branch or a tag, which both sides share.
    #[must_use]
    pub fn is_branch_or_tag(&self) -> bool {
        self.0.starts_with("refs/heads/") || self.0.starts_with("refs/tags/")
    }
}

fn is_component(part: &str) -> bool {
    let is_special = |it: char| {
        it.is_control()
            || it.is_whitespace()
            || matches!(it, '~' | '^' | ':' | '?' | '*' | '[' | '\\' | '"')
    };
    !part.is_empty()
        && part != "@"
        && !part.starts_with(['.', '-'])
        && !part.ends_with('.')
        && !part.ends_with(".lock")
        && !part.contains(is_special)
}

impl std::fmt::Display for RefName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RefName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("invalid reference name")
    }
}

impl From<RefName> for String {
    fn from(name: RefName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_valid_refs_and_refuses_path_traversal() {
        for good in ["refs/heads/main", "refs/heads/fork/a-b_c.d", "refs/tags/v1.0", "refs/heads/é"]
        {
            assert!(RefName::parse(good).is_some(), "{good}");
        }
        for bad in [
            "main",
            "HEAD",
            "refs",
            "refs/",
            "refs/heads/",
            "refs/heads/HEAD",
            "refs/heads/../../config",
            "refs/heads/a..b",
            "refs/heads/.hidden",
            "refs/heads/-x",
            "refs/heads/a.lock",
            "refs/heads/a.lock/b",
            "refs/heads/a b",
            "refs/heads/a\nb",
            "refs/heads/a@{1}",
            "refs/heads/@",
            "refs/heads//a",
            "/refs/heads/a",
            "refs/heads/a\u{1b}[2J",
            "refs/heads/a:b",
            "refs/heads/a\"",
            "logs/refs/heads/a",
        ] {
            assert!(RefName::parse(bad).is_none(), "{bad:?}");
        }
    }
}
