//! Signals that ask the program to end.

use std::io;
use std::pin::pin;

use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::DriveError;
use futures_util::future::{Either, select};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::OperationError;
use crate::report::Reporter;

/// A listener for `SIGINT`, `SIGTERM` and `SIGHUP`.
///
/// Once a listener exists, these signals no longer end the process by themselves.
#[derive(Debug)]
pub struct ShutdownSignal {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl ShutdownSignal {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// The signal handlers cannot be installed.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for a signal. A signal that arrived since the last call is not lost.
    pub async fn received(&mut self) {
        self.exit_code().await;
    }

    /// Waits for a signal, and returns the exit code that reports it.
    pub async fn exit_code(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => exit::INTERRUPTED,
            _ = self.terminate.recv() => exit::TERMINATED,
            _ = self.hangup.recv() => exit::HUNG_UP,
        }
    }
}

/// Returns the error of an operation that a signal ended.
pub fn interrupted_error() -> crate::Error {
    OperationError::with_code(exit::INTERRUPTED, "interrupted").into()
}

/// Runs lifecycle steps until they are done, or until a signal ends them between two steps.
pub(crate) async fn until_interrupted<T>(
    steps: impl Future<Output = Result<T, DriveError>>,
    reporter: &Reporter,
) -> crate::Result<T> {
    let mut shutdown = ShutdownSignal::listen()?;
    match select(pin!(steps), pin!(shutdown.exit_code())).await {
        Either::Left((outcome, _)) => {
            reporter.finish_work();
            Ok(outcome?)
        }
        Either::Right((code, _)) => Err(OperationError::with_code(code, "interrupted")
            .hint(Hint::new("run the same command again to continue"))
            .into()),
    }
}
