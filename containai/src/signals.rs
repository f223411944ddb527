//! Somebody wants the command to end.

use std::io;

use containai_core::exit;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::OperationError;

/// Takes note of `SIGINT`, `SIGTERM` and `SIGHUP` from the moment it is made;
/// they end the process no longer.
#[derive(Debug)]
pub struct InterruptSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl InterruptSignals {
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Resolves when a signal has come, since the last time too.
    pub async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// What the command ends with then.
pub fn interrupted_error() -> crate::Error {
    OperationError::with_code(exit::INTERRUPTED, "interrupted").into()
}
