//! What a person can do next, as data beside an error.

use std::error::Error;
use std::fmt;

/// One suggestion, a lower-case fragment such as ``run `cai setup` ``.
///
/// Libraries attach hints; the program decides how to show them.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hint(String);

impl Hint {
    /// Makes a hint from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Suggests a command line and says what it does: ``run `command` to …``.
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

/// An error that knows its exit code and what to do next.
pub trait Advice {
    /// The exit code of [`crate::exit`] that fits this error.
    fn exit_code(&self) -> u8;

    /// What the user can do, most promising first; empty when nothing helps.
    fn hints(&self) -> Vec<Hint> {
        Vec::new()
    }
}

/// The causes of an error, outermost first, without those whose words were said
/// before: a transparent error repeats its cause's.
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut said = error.to_string();
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            said.push_str(&text);
            causes.push(text);
        }
        next = cause.source();
    }
    causes
}
