//! The position of a value in its file.

use super::key_name::{KeyMeaning, key_meaning};
use super::known_token::has_token;
use super::url::{UrlParts, has_secret};

/// The placeholder for a key name that is a secret itself.
const REDACTED: &str = "(secret)";

/// The key names of a value, outermost first.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyPath {
    segments: Vec<PathSegment>,
}

#[derive(Clone, Debug)]
enum PathSegment {
    Name(String),
    /// An element of an array, and the flag before it.
    Element(usize, Option<String>),
}

impl KeyPath {
    /// Creates a path of one name.
    pub(super) fn of(name: &str) -> Self {
        Self::default().name(name)
    }

    /// Creates the path of a line in a text without keys.
    pub(super) fn line(number: usize) -> Self {
        Self::of(&format!("line {number}"))
    }

    /// Appends a name.
    pub(super) fn name(&self, name: &str) -> Self {
        self.append(PathSegment::Name(name.to_owned()))
    }

    /// Appends an element of an array; `before` is the preceding element.
    pub(super) fn element(&self, index: usize, before: Option<&str>) -> Self {
        let flag = before.filter(|text| text.starts_with('-') && !text.contains('='));
        self.append(PathSegment::Element(index, flag.map(str::to_owned)))
    }

    /// Returns the meaning of the innermost name.
    pub(super) fn meaning(&self) -> KeyMeaning {
        let named = self.segments.iter().rev().find_map(|step| match step {
            PathSegment::Name(name) => Some(name.as_str()),
            PathSegment::Element(_, flag) => flag.as_deref(),
        });
        match named.map_or(KeyMeaning::Nothing, key_meaning) {
            KeyMeaning::Nothing if self.is_below_secret() => KeyMeaning::Possible,
            meaning => meaning,
        }
    }

    /// Returns whether a name in the path is a secret itself.
    pub(super) fn has_secret_name(&self) -> bool {
        self.segments.iter().any(|step| matches!(step, PathSegment::Name(name) if is_secret(name)))
    }

    fn is_below_secret(&self) -> bool {
        let is_above = |step: &PathSegment| match step {
            PathSegment::Name(name) => {
                key_meaning(name) == KeyMeaning::Secret
                    || matches!(name.as_str(), "tokens" | "secrets" | "credentials" | "cookies")
            }
            PathSegment::Element(..) => false,
        };
        self.segments.iter().any(is_above)
    }

    fn append(&self, step: PathSegment) -> Self {
        let mut path = self.clone();
        path.segments.push(step);
        path
    }
}

fn is_secret(name: &str) -> bool {
    has_token(name) || has_secret(name, UrlParts::User)
}

/// Formats the path for reports and for [`AllowedSecret`](super::AllowedSecret); secrets
/// are redacted.
impl std::fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, step) in self.segments.iter().enumerate() {
            if number > 0 {
                formatter.write_str(".")?;
            }
            match step {
                PathSegment::Name(name) if is_secret(name) => formatter.write_str(REDACTED)?,
                PathSegment::Name(name) => formatter.write_str(name)?,
                PathSegment::Element(index, _) => write!(formatter, "{index}")?,
            }
        }
        Ok(())
    }
}
