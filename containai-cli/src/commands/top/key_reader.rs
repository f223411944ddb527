//! What somebody types.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::state::TopEvent;

/// How long the terminal is listened to at once.
const POLL_TIMEOUT: Duration = Duration::from_millis(50);

/// Reads the terminal on a thread of its own, which ends with the process.
pub(super) struct KeyReader {
    inputs: UnboundedReceiver<TopEvent>,
    terminal_lock: Arc<Mutex<()>>,
}

impl KeyReader {
    pub(super) fn listen() -> io::Result<Self> {
        let (sender, inputs) = unbounded_channel();
        let turn = Arc::new(Mutex::new(()));
        let ours = Arc::clone(&turn);
        let listen = move || {
            while let Ok(input) = read(&ours) {
                if input.is_some_and(|input| sender.send(input).is_err()) {
                    return;
                }
            }
        };
        thread::Builder::new().name("keys".to_owned()).spawn(listen)?;
        Ok(Self { inputs, terminal_lock: turn })
    }

    /// The next input; `None` when the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<TopEvent> {
        self.inputs.recv().await
    }

    /// Leaves the terminal to another program until the guard is dropped.
    pub(super) fn suspend(&self) -> MutexGuard<'_, ()> {
        self.terminal_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(turn: &Mutex<()>) -> io::Result<Option<TopEvent>> {
    let held = turn.lock().unwrap_or_else(PoisonError::into_inner);
    if !event::poll(POLL_TIMEOUT)? {
        drop(held);
        // Who waits for the turn gets it: the lock is not a fair one.
        thread::sleep(Duration::from_millis(1));
        return Ok(None);
    }
    Ok(match event::read()? {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(TopEvent::Key(key)),
        Event::Resize(..) => Some(TopEvent::Resized),
        _ => None,
    })
}
