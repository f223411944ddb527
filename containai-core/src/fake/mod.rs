//! An engine and a remote in memory, for tests without a daemon.
//!
//! They keep what the real ones promise: starting twice is fine, a taken name
//! is refused, a missing container is an error, a key is pinned before a
//! session opens. [`FakeEngine::crash_after`] ends the world after any call,
//! so that a test can walk through every moment at which a process may die.

mod engine;
mod remote;

pub use engine::FakeEngine;
pub use remote::{FakeRemote, FakeSession};

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that never has to wait, as those of the fakes are.
///
/// # Panics
///
/// When the future waits for something.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a future of the fakes waits"),
    }
}
