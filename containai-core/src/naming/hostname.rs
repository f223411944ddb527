//! Host names.

use super::alphabet::hyphenated;
use super::newtype::reads_as_text;

/// A host name of one label: `a-z 0-9 -`, no hyphen at either end, 1 to 63 characters
/// (RFC 1123 §2.1, in lower case).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(String);

reads_as_text!(Hostname);

impl Hostname {
    /// The maximum length of a label (RFC 1035 §2.3.4).
    pub const MAX_LEN: usize = 63;

    /// Creates a host name from any text; `container` if no character can be kept.
    ///
    /// `_` becomes `-`, letters are lower-cased, and every other character that RFC 1123
    /// does not allow is dropped. Only ASCII letters are kept, so that the result does
    /// not depend on the locale.
    ///
    /// ```
    /// use containai_core::naming::Hostname;
    ///
    /// assert_eq!(Hostname::sanitize("My_App.main").as_str(), "my-appmain");
    /// ```
    #[must_use]
    pub fn sanitize(text: &str) -> Self {
        let mut name = hyphenated(text.chars().map(|c| if c == '_' { '-' } else { c }));
        name.truncate(Self::MAX_LEN);
        name.truncate(name.trim_end_matches('-').len());
        if name.is_empty() {
            name.push_str("container");
        }
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(Hostname::sanitize(input).as_str(), expected, "of {input:?}");
    }

    #[test]
    fn keeps_what_rfc_1123_allows() {
        check("my_app-main", "my-app-main");
        check("--a__b--", "a-b");
        check("İstanbul", "stanbul");
        check("日本", "container");
        check("", "container");
        check(&format!("{}-tail", "a".repeat(62)), &"a".repeat(62));
    }

    proptest! {
        #[test]
        fn is_always_a_label(text in ".*") {
            let name = Hostname::sanitize(&text);
            let name = name.as_str();
            prop_assert!((1..=Hostname::MAX_LEN).contains(&name.len()));
            prop_assert!(name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')));
            prop_assert!(!name.starts_with('-') && !name.ends_with('-') && !name.contains("--"));
        }

        #[test]
        fn is_idempotent(text in ".*") {
            let once = Hostname::sanitize(&text);
            prop_assert_eq!(Hostname::sanitize(once.as_str()), once);
        }
    }
}
