//! Waiting for an engine that is being started or restarted.

use std::fmt;
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use containai_core::layout::EngineLayout;
use tokio::task::spawn_blocking;

use super::ping::{EngineState, ping};
use super::supervisor::is_supervised;
use super::unit::UNIT;

/// Maximum time for a start; an engine with many containers starts slowly.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Time in which a restart may go unnoticed, between the end of a supervisor and the next one.
const GRACE: Duration = Duration::from_millis(500);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Time limit for one ping.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Waits while the engine at `layout` is being started by its supervisor or by systemd, up to a
/// minute, and calls `announce` when the wait begins. Returns at once if the engine accepts
/// connections, and after half a second if nothing starts it.
pub fn wait_while_starting(layout: &EngineLayout, announce: impl FnOnce()) {
    if !accepts_connections(&layout.socket()) {
        wait_for_answer(layout, announce);
    }
}

fn wait_for_answer(layout: &EngineLayout, announce: impl FnOnce()) {
    let answers = || ping(&layout.socket(), PING_TIMEOUT) != EngineState::NotResponding;
    wait_until(answers, || is_starting(layout), announce);
}

/// A wait for the engine of this machine that a request needs if it ends while the request runs.
#[derive(Clone)]
pub struct RestartWait {
    layout: EngineLayout,
    announce: Arc<dyn Fn() + Send + Sync>,
}

impl RestartWait {
    /// Creates a wait for the engine at `layout`; `announce` is called when it begins.
    pub fn new(layout: EngineLayout, announce: impl Fn() + Send + Sync + 'static) -> Self {
        Self { layout, announce: Arc::new(announce) }
    }

    /// As [`wait_while_starting`], but until the engine answers: the socket of one that ends may still
    /// accept connections.
    pub(crate) async fn wait(self) {
        let waiting = move || wait_for_answer(&self.layout, || (self.announce)());
        // A panic in it must not hide the error of the request.
        let _ = spawn_blocking(waiting).await;
    }
}

impl fmt::Debug for RestartWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestartWait").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// Waits until `answers`; gives up if `is_starting` is false for a time, or after a minute.
fn wait_until(answers: impl Fn() -> bool, is_starting: impl Fn() -> bool, announce: impl FnOnce()) {
    let begin = Instant::now();
    let mut last_sign = begin;
    let mut announce = Some(announce);
    while !answers() {
        let now = Instant::now();
        if is_starting() {
            last_sign = now;
            if let Some(announce) = announce.take() {
                announce();
            }
        }
        if now - last_sign > GRACE || now - begin > START_TIMEOUT {
            return;
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Returns whether the socket has a listener, or is not for this user. A connection costs much less
/// than a request.
fn accepts_connections(socket: &Path) -> bool {
    match UnixStream::connect(socket) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused),
    }
}

fn is_starting(layout: &EngineLayout) -> bool {
    let systemd = *layout == EngineLayout::default() && Path::new("/run/systemd/system").exists();
    if systemd && layout.unit().exists() { is_unit_starting() } else { is_supervised(layout) }
}

/// Asks systemd for the state of the unit and for its pending job, as between the two halves of a
/// restart or before the unit's turn in a boot.
fn is_unit_starting() -> bool {
    let output =
        Command::new("systemctl").args(["show", "--property=ActiveState,Job", UNIT]).output();
    output.is_ok_and(|output| is_in_transition(&String::from_utf8_lossy(&output.stdout)))
}

fn is_in_transition(properties: &str) -> bool {
    properties.lines().filter_map(|line| line.split_once('=')).any(|property| match property {
        ("ActiveState", state) => matches!(state, "activating" | "deactivating" | "reloading"),
        ("Job", job) => !matches!(job, "" | "0"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn transitions_of_a_unit() {
        let check = |text: &str, expected| assert_eq!(is_in_transition(text), expected, "{text}");
        check("ActiveState=activating\nJob=0\n", true);
        check("ActiveState=deactivating\n", true);
        check("ActiveState=inactive\nJob=4711\n", true);
        check("ActiveState=inactive\n", false);
        check("Job=\nActiveState=failed\n", false);
        check("ActiveState=active\nJob=0\n", false);
        check("", false);
    }

    #[test]
    fn waits_while_something_starts_the_engine() {
        let (polls, announced) = (Cell::new(0), Cell::new(0));
        let answers = || {
            polls.set(polls.get() + 1);
            polls.get() > 4
        };
        wait_until(answers, || polls.get() == 2, || announced.set(announced.get() + 1));
        assert_eq!((polls.get(), announced.get()), (5, 1));
    }

    #[test]
    fn gives_up_when_nothing_starts_the_engine() {
        let begin = Instant::now();
        wait_until(|| false, || false, || panic!("nothing starts it"));
        assert!(begin.elapsed() < START_TIMEOUT / 2);
    }

    #[test]
    fn listener_ends_the_wait_at_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let socket = dir.path().join("s");
        assert!(!accepts_connections(&socket));
        let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        assert!(accepts_connections(&socket));
        drop(listener);
        assert!(!accepts_connections(&socket));
    }
}
