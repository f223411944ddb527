//! The report of a copy.

use super::error::TransferError;

/// The maximum number of recorded failures.
const KEPT: usize = 50;

/// The failures of a copy. Everything else was copied.
#[derive(Debug, Default)]
pub struct Report {
    failures: Vec<Failure>,
    others: u64,
}

/// A file that was not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A whole source.
    #[error(transparent)]
    Source(#[from] TransferError),
    /// A file of a tree.
    #[error("`{path}`: {reason}")]
    Entry {
        /// The file, escaped.
        path: String,
        /// The reason.
        reason: String,
    },
    /// A message of `tar` in the container.
    #[error("in the container: {0}")]
    Inside(String),
}

impl Report {
    /// Returns the first failures.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Consumes the report and returns the first failures.
    #[must_use]
    pub fn into_failures(self) -> Vec<Failure> {
        self.failures
    }

    /// Returns the number of further failures.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.others
    }

    /// Whether everything was copied.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    pub(super) fn note(&mut self, failure: impl Into<Failure>) {
        if self.failures.len() < KEPT {
            self.failures.push(failure.into());
        } else {
            self.others += 1;
        }
    }

    pub(super) fn leave_out(&mut self, path: String, reason: &dyn ToString) {
        self.note(Failure::Entry { path, reason: reason.to_string() });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.others += other.others;
        for failure in other.failures {
            self.note(failure);
        }
    }
}
