//! What of a copy was left out.

use std::process::ExitCode;

use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_ssh::transfer::{Failure, Report};

use crate::ui::Ui;

/// Lists what was left out; the code of the first failure is ours.
pub(crate) fn tell(report: Report, ui: &Ui) -> ExitCode {
    let mut code = exit::OK;
    let others = report.others();
    for failure in report.into_failures() {
        let (its_code, hints) = match &failure {
            Failure::Source(error) => (error.exit_code(), error.hints()),
            _ => (exit::FAILED, Vec::new()),
        };
        code = if code == exit::OK { its_code } else { code };
        ui.error(&failure.into(), &hints);
    }
    if others > 0 {
        ui.warn(&format!("{others} more files were left out"));
    }
    ExitCode::from(code)
}
