//! Files that a copy left out.

use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_ssh::transfer::{CopyFailure, CopyReport};

use crate::report::Reporter;

/// Reports what was left out; returns the exit code of the first failure.
pub fn print(report: CopyReport, reporter: &Reporter) -> u8 {
    let mut code = exit::OK;
    let others = report.omitted();
    for failure in report.into_failures() {
        let error = match failure {
            CopyFailure::Source(error) => crate::Error::from(error),
            failure => crate::Error::other(failure),
        };
        code = if code == exit::OK { error.exit_code() } else { code };
        reporter.error(&error);
    }
    if others > 0 {
        reporter.warn(&format!("{others} more files were left out"));
    }
    code
}
