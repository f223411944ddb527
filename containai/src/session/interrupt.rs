//! Signals before there is a session.

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{DriveError, Either, race};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::OperationError;
use crate::report::Reporter;

/// Lets Ctrl-C, `SIGTERM` and `SIGHUP` end the work between two steps. From
/// then on they do not end this process by themselves.
pub(crate) async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, DriveError>>,
    reporter: &Reporter,
) -> crate::Result<T> {
    if !reporter.handles_signals() {
        let outcome = work.await;
        reporter.finish_work();
        return Ok(outcome?);
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let interrupted = async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => exit::INTERRUPTED,
            _ = terminate.recv() => exit::TERMINATED,
            _ = hang_up.recv() => exit::HUNG_UP,
        }
    };
    match race(work, interrupted).await {
        Either::First(outcome) => {
            reporter.finish_work();
            Ok(outcome?)
        }
        Either::Second(code) => Err(OperationError::with_code(code, "interrupted")
            .hint(Hint::new("run the same command again to go on where it stopped"))
            .into()),
    }
}
