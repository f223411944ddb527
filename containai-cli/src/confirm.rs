//! Confirmation of destructive commands.

use containai::OperationError;
use containai_core::exit;
use containai_core::hint::Hint;

use crate::app::App;

/// Asks for confirmation; `refused` is the error's message if the answer is no.
///
/// # Errors
///
/// The answer is no, or stdin or stderr is not a terminal.
pub(crate) fn require_confirmation(
    app: &App,
    question: &str,
    refused: &str,
) -> Result<(), OperationError> {
    if !app.ui.terminals().can_ask() {
        let message = format!("confirmation required but stdin is not a terminal: {question}");
        let hint = Hint::new("preview the changes with `--dry-run`, then confirm with `--force`");
        return Err(OperationError::usage(message).hint(hint));
    }
    match app.ui.confirm(question) {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, refused)),
    }
}
