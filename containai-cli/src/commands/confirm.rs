//! A person is asked before something goes.

use containai_core::exit;
use containai_core::hint::Hint;

use crate::app::App;
use containai::OperationError;

/// Asks; where there is nobody to ask, or the answer is no, it is an error.
pub(super) fn require_confirmation(
    app: &App,
    question: &str,
    nothing: &str,
) -> Result<(), OperationError> {
    if !app.ui.terminals().can_ask() {
        let hint = Hint::new("look at it with `--dry-run`, and insist with `--force`");
        return Err(OperationError::usage(format!("there is nobody to ask: {question}")).hint(hint));
    }
    match app.ui.confirm(question) {
        true => Ok(()),
        false => Err(OperationError::with_code(exit::FAILED, nothing)),
    }
}
