//! Container names.

use super::alphabet::{hyphenated, is_docker_first, is_docker_rest, is_made_of};
use super::newtype::{parses_from_text, reads_as_text};
use super::{GitHead, WorkspacePath};

/// The name of a container, as Docker accepts it.
///
/// It is derived from the workspace and its branch ([`derive`](Self::derive)) or given by
/// the user ([`parse`](Self::parse)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerName(String);

reads_as_text!(ContainerName);
parses_from_text!(ContainerName, ContainerNameError);

impl ContainerName {
    /// The maximum length of a derived name, including a collision suffix.
    pub const MAX_DERIVED_LEN: usize = 24;

    /// The maximum length of a given name, which must also be valid as a host name (RFC
    /// 1035 §2.3.4).
    pub const MAX_LEN: usize = 63;

    /// Derives the name of a workspace's container: `{directory}-{branch leaf}`.
    ///
    /// Both parts are lower-cased and reduced to `a-z 0-9 -`; empty parts become `repo`
    /// and `branch`. Together they have at most
    /// [`MAX_DERIVED_LEN`](Self::MAX_DERIVED_LEN) characters; the longer part is cut
    /// first.
    #[must_use]
    pub fn derive(workspace: &WorkspacePath, head: &GitHead) -> Self {
        Self::derive_from(workspace.dir_name(), head)
    }

    /// Derives the name as [`derive`](Self::derive) does, from the name of the directory
    /// only.
    ///
    /// ```
    /// use containai_core::naming::{ContainerName, GitHead};
    ///
    /// let head = GitHead::Branch("feature/oauth".to_owned());
    /// assert_eq!(ContainerName::derive_from("My_App", &head).as_str(), "myapp-oauth");
    /// ```
    #[must_use]
    pub fn derive_from(dir_name: &str, head: &GitHead) -> Self {
        let repo = part(dir_name, "repo");
        let leaf = part(head.leaf(), "branch");
        let (repo, leaf) = shorten(&repo, &leaf, Self::MAX_DERIVED_LEN - 1);
        Self(format!("{repo}-{leaf}"))
    }

    /// Parses a name given by the user.
    ///
    /// # Errors
    ///
    /// [`ContainerNameError`] if Docker would refuse the name
    /// (`[a-zA-Z0-9][a-zA-Z0-9_.-]+`) or it has more than [`MAX_LEN`](Self::MAX_LEN)
    /// characters.
    pub fn parse(text: &str) -> Result<Self, ContainerNameError> {
        if text.len() > Self::MAX_LEN {
            return Err(ContainerNameError::TooLong { text: text.to_owned() });
        }
        if text.len() < 2 || !is_made_of(text, is_docker_first, is_docker_rest) {
            return Err(ContainerNameError::Refused { text: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the interim name of a container until this name is free. It contains a
    /// dot, which derived names never do.
    #[must_use]
    pub fn interim(&self) -> Self {
        const SUFFIX: &str = ".moving";
        let base = self.0.get(..Self::MAX_LEN - SUFFIX.len()).unwrap_or(&self.0);
        Self(format!("{base}{SUFFIX}"))
    }

    /// Returns the names to try in order: the name itself, then `-2` to `-99`.
    ///
    /// With the suffix, the name stays within the 24 characters of a derived name (or the
    /// 63 of a longer given one): the end of the name is cut.
    #[must_use]
    pub fn candidates(&self) -> Candidates<'_> {
        Candidates { name: self, next: 1 }
    }

    fn with_suffix(&self, number: u8) -> Self {
        let suffix = format!("-{number}");
        let limit = if self.0.len() > Self::MAX_DERIVED_LEN {
            Self::MAX_LEN
        } else {
            Self::MAX_DERIVED_LEN
        };
        let max_len = limit.saturating_sub(suffix.len());
        let base = self.0.get(..max_len).unwrap_or(&self.0);
        Self(format!("{}{suffix}", base.trim_end_matches('-')))
    }
}

/// The names to try in order, from [`ContainerName::candidates`].
#[derive(Debug, Clone)]
pub struct Candidates<'a> {
    name: &'a ContainerName,
    next: u8,
}

impl Iterator for Candidates<'_> {
    type Item = ContainerName;

    fn next(&mut self) -> Option<ContainerName> {
        let number = self.next;
        if number > 99 {
            return None;
        }
        self.next += 1;
        Some(match number {
            1 => self.name.clone(),
            number => self.name.with_suffix(number),
        })
    }
}

/// The given container name is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerNameError {
    /// Docker would refuse it: a single character, or a character that is not allowed.
    #[error(
        "`{}` is not a valid container name: expected two or more letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
        text.escape_debug()
    )]
    Refused {
        /// The given text.
        text: String,
    },
    /// It is longer than the maximum for a host name.
    #[error("container name `{}` is too long: the maximum is {} characters", text.escape_debug(), ContainerName::MAX_LEN)]
    TooLong {
        /// The given text.
        text: String,
    },
}

/// Reduces one part of a name to the allowed characters; an empty part becomes
/// `fallback`.
///
/// Case is folded by Unicode first, so that `İ` becomes `i` in every locale.
fn part(text: &str, fallback: &str) -> String {
    let kept = hyphenated(text.chars().flat_map(char::to_lowercase));
    if kept.is_empty() { fallback.to_owned() } else { kept }
}

/// Cuts two ASCII parts to at most `room` characters together.
fn shorten<'a>(repo: &'a str, leaf: &'a str, max_len: usize) -> (&'a str, &'a str) {
    let (mut kept_repo, mut kept_leaf) = (repo.len(), leaf.len());
    while kept_repo + kept_leaf > max_len {
        if kept_repo >= kept_leaf {
            kept_repo -= 1;
        } else {
            kept_leaf -= 1;
        }
    }
    (cut(repo, kept_repo), cut(leaf, kept_leaf))
}

/// Returns the first `len` bytes, without a trailing hyphen.
fn cut(part: &str, len: usize) -> &str {
    part.get(..len).unwrap_or(part).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(dir_name: &str, branch: &str, expected: &str) {
        let name = ContainerName::derive_from(dir_name, &GitHead::Branch(branch.to_owned()));
        assert_eq!(name.as_str(), expected, "of {dir_name:?} on {branch:?}");
    }

    #[test]
    fn joins_directory_and_leaf() {
        check("myapp", "feature/oauth", "myapp-oauth");
        check("--both--", "fix_bug", "both-fixbug");
        check("...", "日本", "repo-branch");
        check("İstanbul", "main", "istanbul-main");
    }

    #[test]
    fn shortens_the_longer_part() {
        check("xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "b", "xxxxxxxxxxxxxxxxxxxxxx-b");
        check("rrrrrr-tail-more", "bbbbbb-leaf-x", "rrrrrr-tail-bbbbbb-leaf");
    }

    #[test]
    fn without_a_branch_the_suffix_names_the_reason() {
        assert_eq!(ContainerName::derive_from("a", &GitHead::NoGit).as_str(), "a-nogit");
        assert_eq!(ContainerName::derive_from("a", &GitHead::Detached).as_str(), "a-detached");
    }

    #[test]
    fn candidates_stay_within_the_limit() {
        let name = ContainerName::derive_from(&"x".repeat(30), &GitHead::NoGit);
        let names: Vec<_> = name.candidates().map(String::from).collect();
        assert_eq!(names.len(), 99);
        assert_eq!(names[0], "xxxxxxxxxxxxxxxxxx-nogit");
        assert_eq!(names[1], "xxxxxxxxxxxxxxxxxx-nog-2");
        assert_eq!(names[98], "xxxxxxxxxxxxxxxxxx-no-99");
    }

    #[test]
    fn accepts_what_docker_accepts() {
        for good in ["ab", "A.b_c-d", "0-"] {
            assert!(ContainerName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "-a", "_a", "a b", "a/b", "é1", "a\n"] {
            assert!(ContainerName::parse(bad).is_err(), "{bad}");
        }
        assert!(ContainerName::parse(&"a".repeat(63)).is_ok());
        assert!(ContainerName::parse(&"a".repeat(64)).is_err());
    }

    proptest! {
        #[test]
        fn derived_names_are_short_and_valid_for_docker(dir in ".*", branch in ".*") {
            let name = ContainerName::derive_from(&dir, &GitHead::Branch(branch));
            for candidate in name.candidates() {
                let text = candidate.as_str();
                prop_assert!(text.len() <= ContainerName::MAX_DERIVED_LEN);
                prop_assert!(text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')));
                prop_assert!(!text.contains("--"));
                prop_assert!(ContainerName::parse(text).is_ok());
            }
        }

        #[test]
        fn candidates_differ(dir in "[a-z0-9-]{0,30}", branch in "[a-z0-9-]{0,30}") {
            let name = ContainerName::derive_from(&dir, &GitHead::Branch(branch));
            let all: std::collections::BTreeSet<_> = name.candidates().skip(1).collect();
            prop_assert_eq!(all.len(), 98);
            for (candidate, number) in name.candidates().skip(1).zip(2..) {
                let suffix = format!("-{number}");
                prop_assert!(candidate.as_str().ends_with(&suffix));
            }
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            if let Ok(name) = ContainerName::parse(&text) {
                prop_assert_eq!(name.as_str(), text.as_str());
                prop_assert!(name.candidates().all(|c| c.as_str().len() <= ContainerName::MAX_LEN));
            }
        }
    }

    #[test]
    fn error_messages() {
        let samples = crate::samples!(ContainerNameError {
            Refused: [ContainerNameError::Refused { text: "Bad Name!\u{1b}".into() }],
            TooLong: [ContainerNameError::TooLong { text: "long".repeat(20) }],
        });
        insta::assert_snapshot!(crate::testing::render_errors(&samples));
    }
}
