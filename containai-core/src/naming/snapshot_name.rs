//! Snapshot names.

use super::RandomId;
use super::alphabet::{is_docker_first, is_docker_rest, is_made_of};
use super::newtype::{parses_from_text, reads_as_text};

/// The name of a snapshot as given by the user: letters, digits, `_`, `.` and `-`, the
/// first a letter or digit, at most 64 characters. The image and the volumes have
/// generated names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotName(String);

reads_as_text!(SnapshotName);
parses_from_text!(SnapshotName, SnapshotNameError);

impl SnapshotName {
    /// The maximum length of a name.
    pub const MAX_LEN: usize = 64;

    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`SnapshotNameError`] if it is empty, too long, or contains a character that is
    /// not allowed.
    pub fn parse(text: &str) -> Result<Self, SnapshotNameError> {
        if text.len() <= Self::MAX_LEN && is_made_of(text, is_docker_first, is_docker_rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SnapshotNameError { text: text.to_owned() })
        }
    }

    /// Returns the default names to try in order: the time as `20260131-235959`, then
    /// with `-2` and so on.
    pub fn from_timestamp(compact: &str) -> impl Iterator<Item = Self> {
        let plain = compact.to_owned();
        let others = (2_u32..).map({
            let plain = plain.clone();
            move |number| format!("{plain}-{number}")
        });
        std::iter::once(plain).chain(others).map(Self)
    }

    /// Returns the reference of the image of a snapshot.
    #[must_use]
    pub fn image_reference(id: &RandomId) -> String {
        format!("{}:{id}", Self::REPOSITORY)
    }

    /// The repository of the images of snapshots.
    pub const REPOSITORY: &str = "containai/snapshot";
}

/// The text is not a valid snapshot name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a valid snapshot name: expected up to 64 letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
    text.escape_debug()
)]
#[non_exhaustive]
pub struct SnapshotNameError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["a", "before-upgrade", "20260131-235959", "A.b_c"] {
            assert!(SnapshotName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a/b", "é", "a\n", &"a".repeat(65)] {
            assert!(SnapshotName::parse(bad).is_err(), "{bad:?}");
        }
        let names: Vec<_> = SnapshotName::from_timestamp("20260131-235959").take(3).collect();
        let names: Vec<_> = names.iter().map(SnapshotName::as_str).collect();
        assert_eq!(names, ["20260131-235959", "20260131-235959-2", "20260131-235959-3"]);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".*") {
            if let Ok(name) = SnapshotName::parse(&text) {
                prop_assert_eq!(name.as_str(), text.as_str());
            }
        }
    }
}
