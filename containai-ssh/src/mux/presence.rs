//! Tracking of connected clients.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

/// Counts the connected clients.
#[derive(Clone)]
pub(super) struct Presence(Arc<Room>);

struct Room {
    state: Mutex<State>,
    emptied: Notify,
}

#[derive(Clone, Copy)]
struct State {
    guests: usize,
    /// The time at which the last client disconnected.
    since: Instant,
}

/// A connected client, until this is dropped.
pub(super) struct Guest(Arc<Room>);

impl Presence {
    pub(super) fn new() -> Self {
        let state = Mutex::new(State { guests: 0, since: Instant::now() });
        Self(Arc::new(Room { state, emptied: Notify::new() }))
    }

    pub(super) fn enter(&self) -> Guest {
        self.0.state().guests += 1;
        Guest(Arc::clone(&self.0))
    }

    /// Waits until no client has been connected for this long.
    pub(super) async fn gone_for(&self, patience: Duration) {
        loop {
            let state = *self.0.state();
            let empty_for = state.since.elapsed();
            match state.guests {
                0 if empty_for >= patience => return,
                0 => sleep(patience - empty_for).await,
                _ => self.0.emptied.notified().await,
            }
        }
    }
}

impl Room {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.guests -= 1;
        state.since = Instant::now();
        if state.guests == 0 {
            // The notification is kept for a later waiter.
            self.0.emptied.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHILE: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn waits_for_the_last_one() {
        let presence = Presence::new();
        let (one, other) = (presence.enter(), presence.enter());
        let start = Instant::now();
        tokio::spawn(async move {
            sleep(WHILE).await;
            drop(one);
            sleep(WHILE).await;
            drop(other);
        });
        presence.gone_for(WHILE).await;
        assert!(start.elapsed() >= WHILE * 3);
        presence.gone_for(WHILE).await;
    }
}
