//! Somebody wants the command to end.

use std::future::pending;
use std::io;

use containai_core::exit;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::OperationError;
use crate::report::Reporter;

/// Takes note of `SIGINT`, `SIGTERM` and `SIGHUP` from the moment it is made;
/// they end the process no longer.
#[derive(Debug)]
pub struct InterruptSignals(Option<ShutdownStreams>);

#[derive(Debug)]
struct ShutdownStreams {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl InterruptSignals {
    /// Listens for the signals.
    ///
    /// # Errors
    ///
    /// The handler of a signal cannot be installed.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(Some(ShutdownStreams {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })))
    }

    /// Listens for the signals if the program leaves them to this crate.
    pub(crate) fn listen_for(reporter: &Reporter) -> io::Result<Self> {
        match reporter.handles_signals() {
            true => Self::listen(),
            false => Ok(Self(None)),
        }
    }

    /// Resolves when a signal has come, since the last time too.
    pub async fn received(&mut self) {
        let Some(streams) = &mut self.0 else { return pending().await };
        tokio::select! {
            _ = streams.interrupt.recv() => {}
            _ = streams.terminate.recv() => {}
            _ = streams.hangup.recv() => {}
        }
    }
}

/// What the command ends with then.
pub fn interrupted_error() -> crate::Error {
    OperationError::with_code(exit::INTERRUPTED, "interrupted").into()
}
