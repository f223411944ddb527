//! Problems of Dockerfiles.

use std::fmt;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The image can be built, but may not be as intended.
    Warning,
    /// The image cannot be built.
    Error,
}

/// A problem of a Dockerfile.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DockerfileFinding {
    /// The line number, starting at 1.
    pub line: usize,
    /// Its severity.
    pub severity: Severity,
    /// The problem and its solution, a fragment.
    pub text: String,
}

impl fmt::Display for DockerfileFinding {
    /// Formats the finding for editors, to follow the name of the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}: {severity}: {}", self.line, self.text)
    }
}
