//! Waiting for something that is about to be true.

use std::thread;
use std::time::{Duration, Instant};

/// Asks until the answer is `Some`.
///
/// # Panics
///
/// When the answer is still `None` after `patience`; `what` says in the message
/// what was waited for.
#[track_caller]
pub fn until<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "{what}: not within {} s", patience.as_secs());
        thread::sleep(Duration::from_millis(20));
    }
}
