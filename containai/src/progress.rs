//! Progress of a worker thread, for a task that displays it.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::report::Reporter;

/// Counters that a worker sets and a task displays, and a request to stop.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    files: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    /// Sets the totals.
    pub(crate) fn set(&self, bytes: u64, files: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.files.store(files, Ordering::Relaxed);
    }

    /// Requests that the worker stops.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Returns whether the worker was requested to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Displays the totals every 100 ms, forever.
    pub(crate) async fn show(&self, reporter: &Reporter) -> Infallible {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            let bytes = self.bytes.load(Ordering::Relaxed);
            reporter.transfer(bytes, 0, self.files.load(Ordering::Relaxed));
        }
    }
}
