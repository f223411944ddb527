//! Waiting for a condition.

use std::thread;
use std::time::{Duration, Instant};

/// Polls until the answer is `Some`.
///
/// # Panics
///
/// When the answer is still `None` after `timeout`; the message contains `what`.
#[track_caller]
pub fn wait_until<T>(timeout: Duration, what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(answer) = poll() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {} s", timeout.as_secs());
        thread::sleep(Duration::from_millis(20));
    }
}
