//! A person is asked before something goes.

use containai_core::exit;
use containai_core::hint::Hint;

use crate::error::CliError;
use crate::ui::Ui;

/// Asks; where there is nobody to ask, or the answer is no, it is an error.
pub(super) fn require(ui: &Ui, question: &str, nothing: &str) -> Result<(), CliError> {
    if !ui.terminals().can_ask() {
        let hint = Hint::new("look at it with `--dry-run`, and insist with `--force`");
        return Err(CliError::usage(format!("there is nobody to ask: {question}")).hint(hint));
    }
    match ui.ask(question) {
        true => Ok(()),
        false => Err(CliError::with_code(exit::FAILED, nothing)),
    }
}
