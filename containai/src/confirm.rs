//! Confirmation of operations that remove data.

use containai_core::exit;
use containai_core::hint::Hint;

use crate::error::OperationError;
use crate::report::Reporter;

/// Whether an operation asks for confirmation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConfirmationMode {
    /// It asks.
    Ask,
    /// It does not ask.
    Skip,
}

impl ConfirmationMode {
    /// The choice of `--force`.
    #[must_use]
    pub fn unless(is_forced: bool) -> Self {
        if is_forced { Self::Skip } else { Self::Ask }
    }
}

/// Asks for a confirmation.
///
/// # Errors
///
/// `declined` if the answer is no; a usage error with `hint` if there is no terminal.
pub(crate) fn require_confirmation(
    reporter: &Reporter,
    question: &str,
    declined: &str,
    hint: &'static str,
) -> Result<(), OperationError> {
    if !reporter.can_ask() {
        let message = format!("confirmation required but stdin is not a terminal: {question}");
        return Err(OperationError::usage(message).hint(Hint::new(hint)));
    }
    match reporter.ask(question) {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, declined)),
    }
}

/// A hint for commands with `--dry-run` and `--force`.
pub(crate) const PREVIEW_OR_FORCE: &str = "preview with `--dry-run`, then repeat with `--force`";
