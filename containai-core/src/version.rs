//! Versions of external programs.

use std::cmp::Ordering;
use std::fmt;

/// A version as printed by a program, in natural order: runs of digits are compared as
/// numbers, all other text by character.
///
/// `1.10.0` is newer than `1.9.9`, and a longer version is newer than its prefix: `1.0.0`
/// than `1.0`, `1.0.0-rc1` than `1.0.0`. This is the order of `sort -V`, not of Semantic
/// Versioning, because the suffixes of distributions (`29.1.3-0ubuntu3~24.04.1`) mark
/// later versions, not earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(String);

impl Version {
    /// Creates a version from any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns whether both versions are known and this one is newer than `other`.
    ///
    /// An empty text is an unknown version, which is neither newer nor older than
    /// another.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        !self.0.is_empty() && !other.0.is_empty() && self > other
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        natural_order(&self.0, &other.0).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn natural_order(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (digits_a, digits_b) = (take_digits(&mut a), take_digits(&mut b));
        // Of two numbers without leading zeros, the longer one is greater.
        let order = (digits_a.len().cmp(&digits_b.len())).then_with(|| digits_a.cmp(digits_b));
        if order.is_ne() {
            return order;
        }
        let (mut chars_a, mut chars_b) = (a.chars(), b.chars());
        match (chars_a.next(), chars_b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) if x != y => return x.cmp(&y),
            _ => (a, b) = (chars_a.as_str(), chars_b.as_str()),
        }
    }
}

/// Takes the leading digits of `text`, without leading zeros.
fn take_digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (front, rest) = text.split_at(end);
    *text = rest;
    front.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(a: &str, b: &str, newer: bool) {
        let is_newer = Version::new(a).is_newer_than(&Version::new(b));
        assert_eq!(is_newer, newer, "{a:?} above {b:?}");
    }

    #[test]
    fn digit_runs_compare_as_numbers() {
        check("1.10.0", "1.9.9", true);
        check("2", "10", false);
        check("1.0.0", "1.0", true);
        check("1.0", "1.0.0", false);
        check("1.0.0-rc1", "1.0.0", true);
        check("99999999999999999999", "9", true);
        check("1", "", false);
        check("", "1", false);
        check("1.2", "1.2", false);
    }

    proptest! {
        #[test]
        fn is_a_total_order(a in "[0-9.a]{0,8}", b in "[0-9.a]{0,8}", c in "[0-9.a]{0,8}") {
            let [a, b, c] = [a, b, c].map(Version::new);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a == b, a.cmp(&b).is_eq());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
