use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The socket of an agent that the next command forwards.
#[derive(Default)]
pub(super) struct PendingAgent(Mutex<Option<PathBuf>>);

impl PendingAgent {
    pub(super) fn set(&self, socket: PathBuf) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    }

    pub(super) fn take(&self) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
