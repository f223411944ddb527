//! Suggestions for the user, as data next to an error.

use std::error::Error;
use std::fmt;

/// A suggestion, an imperative lower-case fragment such as ``run `cai setup` ``.
///
/// Libraries attach hints; the program decides how to print them.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hint(String);

impl Hint {
    /// Creates a hint from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Creates a hint that suggests a command line and its purpose: ``run `command` to …``.
    pub fn run(command: &str, to: &str) -> Self {
        Self(format!("run `{command}` to {to}"))
    }
}

impl AsRef<str> for Hint {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error with an exit code and hints.
pub trait Advice {
    /// Returns the exit code of [`crate::exit`] for this error.
    fn exit_code(&self) -> u8;

    /// Returns the hints, most promising first; empty when there are none.
    fn hints(&self) -> Vec<Hint> {
        Vec::new()
    }
}

/// Returns the causes of an error, outermost first. Causes whose text already appeared are omitted:
/// a transparent error repeats the text of its cause.
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut reported = error.to_string();
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !reported.contains(&text) {
            reported.push_str(&text);
            causes.push(text);
        }
        next = cause.source();
    }
    causes
}
