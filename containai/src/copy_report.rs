//! Reports of the files that a copy skipped.

use containai_core::exit;
use containai_core::hint::Advice as _;
use containai_ssh::transfer::{CopyFailure, CopyReport};

use crate::report::Reporter;

/// Reports the skipped files; returns the exit code of the first failure.
pub fn report(report: CopyReport, reporter: &Reporter) -> u8 {
    let mut code = exit::OK;
    let omitted = report.omitted();
    for failure in report.into_failures() {
        let error = match failure {
            CopyFailure::Source(error) => crate::Error::from(error),
            failure => crate::Error::other(failure),
        };
        code = if code == exit::OK { error.exit_code() } else { code };
        reporter.error(&error);
    }
    if omitted > 0 {
        reporter.warn(&format!("{omitted} more files were skipped"));
    }
    code
}
