//! Tracking of connected clients.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

/// Counts the connected clients.
#[derive(Clone)]
pub(super) struct ClientActivity(Arc<SharedActivity>);

struct SharedActivity {
    state: Mutex<ActivityState>,
    became_idle: Notify,
}

#[derive(Clone, Copy)]
struct ActivityState {
    clients: usize,
    /// The time at which the last client disconnected.
    since: Instant,
}

/// A connected client, until this is dropped.
pub(super) struct ActiveClient(Arc<SharedActivity>);

impl ClientActivity {
    pub(super) fn new() -> Self {
        let state = Mutex::new(ActivityState { clients: 0, since: Instant::now() });
        Self(Arc::new(SharedActivity { state, became_idle: Notify::new() }))
    }

    pub(super) fn start_client(&self) -> ActiveClient {
        self.0.state().clients += 1;
        ActiveClient(Arc::clone(&self.0))
    }

    /// Waits until no client has been connected for this long.
    pub(super) async fn wait_idle(&self, idle_timeout: Duration) {
        loop {
            let state = *self.0.state();
            let empty_for = state.since.elapsed();
            match state.clients {
                0 if empty_for >= idle_timeout => return,
                0 => sleep(idle_timeout - empty_for).await,
                _ => self.0.became_idle.notified().await,
            }
        }
    }
}

impl SharedActivity {
    fn state(&self) -> MutexGuard<'_, ActivityState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ActiveClient {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.clients -= 1;
        state.since = Instant::now();
        if state.clients == 0 {
            // The notification is kept for a later waiter.
            self.0.became_idle.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn waits_for_the_last_client() {
        let activity = ClientActivity::new();
        let (one, other) = (activity.start_client(), activity.start_client());
        let start = Instant::now();
        tokio::spawn(async move {
            sleep(STEP).await;
            drop(one);
            sleep(STEP).await;
            drop(other);
        });
        activity.wait_idle(STEP).await;
        assert!(start.elapsed() >= STEP * 3);
        activity.wait_idle(STEP).await;
    }
}
