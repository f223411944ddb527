//! How far a thread is, for a task that shows it.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::report::Reporter;

/// Two counters; one side sets them, others look.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    files: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    pub(crate) fn set(&self, bytes: u64, files: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.files.store(files, Ordering::Relaxed);
    }

    /// Says that nobody wants the work any more.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Shows how far it is; never ends.
    pub(crate) async fn show(&self, reporter: &Reporter) -> Infallible {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            let bytes = self.bytes.load(Ordering::Relaxed);
            reporter.transfer(bytes, 0, self.files.load(Ordering::Relaxed));
        }
    }
}
