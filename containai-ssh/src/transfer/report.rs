//! The report of a copy.

use super::error::TransferError;

/// The maximum number of recorded failures.
const MAX_FAILURES: usize = 50;

/// The failures of a copy. Everything else was copied.
#[derive(Debug, Default)]
pub struct CopyReport {
    failures: Vec<CopyFailure>,
    omitted: u64,
}

/// A file that was not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyFailure {
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
    RemoteCommand(String),
}

impl CopyReport {
    /// Returns the first failures.
    #[must_use]
    pub fn failures(&self) -> &[CopyFailure] {
        &self.failures
    }

    /// Consumes the report and returns the first failures.
    #[must_use]
    pub fn into_failures(self) -> Vec<CopyFailure> {
        self.failures
    }

    /// Returns the number of further failures.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// Whether everything was copied.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    pub(super) fn add(&mut self, failure: impl Into<CopyFailure>) {
        if self.failures.len() < MAX_FAILURES {
            self.failures.push(failure.into());
        } else {
            self.omitted += 1;
        }
    }

    pub(super) fn skip(&mut self, path: String, reason: &dyn ToString) {
        self.add(CopyFailure::Entry { path, reason: reason.to_string() });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.omitted += other.omitted;
        for failure in other.failures {
            self.add(failure);
        }
    }
}
