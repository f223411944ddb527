//! The position of a value in its file.

use super::key_name::{KeyMeaning, meaning};
use super::known_token::has_token;
use super::url::{Parts, has_secret};

/// The placeholder for a key name that is a secret itself.
const HIDDEN: &str = "(secret)";

/// The key names of a value, outermost first.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
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
        self.with(Step::Name(name.to_owned()))
    }

    /// Appends an element of an array; `before` is the preceding element.
    pub(super) fn element(&self, index: usize, before: Option<&str>) -> Self {
        let flag = before.filter(|text| text.starts_with('-') && !text.contains('='));
        self.with(Step::Element(index, flag.map(str::to_owned)))
    }

    /// Returns the meaning of the innermost name.
    pub(super) fn meaning(&self) -> KeyMeaning {
        let named = self.steps.iter().rev().find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Element(_, flag) => flag.as_deref(),
        });
        match named.map_or(KeyMeaning::Nothing, meaning) {
            KeyMeaning::Nothing if self.is_below_secret() => KeyMeaning::Perhaps,
            meaning => meaning,
        }
    }

    /// Returns whether a name in the path is a secret itself.
    pub(super) fn has_secret_name(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Name(name) if is_secret(name)))
    }

    fn is_below_secret(&self) -> bool {
        let is_above = |step: &Step| match step {
            Step::Name(name) => {
                meaning(name) == KeyMeaning::Secret
                    || matches!(name.as_str(), "tokens" | "secrets" | "credentials" | "cookies")
            }
            Step::Element(..) => false,
        };
        self.steps.iter().any(is_above)
    }

    fn with(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step);
        path
    }
}

fn is_secret(name: &str) -> bool {
    has_token(name) || has_secret(name, Parts::User)
}

/// Formats the path for reports and for [`AllowedSecret`](super::AllowedSecret); secrets
/// are redacted.
impl std::fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            if number > 0 {
                formatter.write_str(".")?;
            }
            match step {
                Step::Name(name) if is_secret(name) => formatter.write_str(HIDDEN)?,
                Step::Name(name) => formatter.write_str(name)?,
                Step::Element(index, _) => write!(formatter, "{index}")?,
            }
        }
        Ok(())
    }
}
