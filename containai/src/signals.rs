//! Signals that ask the program to end.

use std::future::pending;
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
pub struct ShutdownSignal(Option<ShutdownReceivers>);

#[derive(Debug)]
struct ShutdownReceivers {
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
        Ok(Self(Some(ShutdownReceivers {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })))
    }

    /// Starts to listen if the program leaves the signals to this crate; see
    /// [`Frontend::handles_signals`](crate::report::Frontend::handles_signals). Otherwise no
    /// signal is ever received.
    pub(crate) fn listen_for(reporter: &Reporter) -> io::Result<Self> {
        match reporter.handles_signals() {
            true => Self::listen(),
            false => Ok(Self(None)),
        }
    }

    /// Waits for a signal. A signal that arrived since the last call is not lost.
    pub async fn received(&mut self) {
        self.exit_code().await;
    }

    /// Waits for a signal, and returns the exit code that reports it.
    pub async fn exit_code(&mut self) -> u8 {
        let Some(receivers) = &mut self.0 else { return pending().await };
        tokio::select! {
            _ = receivers.interrupt.recv() => exit::INTERRUPTED,
            _ = receivers.terminate.recv() => exit::TERMINATED,
            _ = receivers.hangup.recv() => exit::HUNG_UP,
        }
    }

    /// Runs a future until it is done; `None` if a signal arrives first.
    pub async fn run_until_received<F: Future>(&mut self, future: F) -> Option<F::Output> {
        match select(pin!(future), pin!(self.exit_code())).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
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
    let mut shutdown = ShutdownSignal::listen_for(reporter)?;
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
