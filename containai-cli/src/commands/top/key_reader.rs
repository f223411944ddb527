//! Input of the terminal.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::state::TopEvent;

/// The time limit of one poll of the terminal.
const POLL_TIMEOUT: Duration = Duration::from_millis(50);

/// Reads the terminal on a separate thread, which ends with the process.
pub(super) struct KeyReader {
    inputs: UnboundedReceiver<TopEvent>,
    terminal_lock: Arc<Mutex<()>>,
}

impl KeyReader {
    pub(super) fn listen() -> io::Result<Self> {
        let (sender, inputs) = unbounded_channel();
        let lock = Arc::new(Mutex::new(()));
        let thread_lock = Arc::clone(&lock);
        let listen = move || {
            while let Ok(input) = read(&thread_lock) {
                if input.is_some_and(|input| sender.send(input).is_err()) {
                    return;
                }
            }
        };
        thread::Builder::new().name("keys".to_owned()).spawn(listen)?;
        Ok(Self { inputs, terminal_lock: lock })
    }

    /// The next event; `None` if the terminal was closed.
    pub(super) async fn next(&mut self) -> Option<TopEvent> {
        self.inputs.recv().await
    }

    /// Suspends reading until the guard is dropped.
    pub(super) fn suspend(&self) -> MutexGuard<'_, ()> {
        self.terminal_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(lock: &Mutex<()>) -> io::Result<Option<TopEvent>> {
    let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    if !event::poll(POLL_TIMEOUT)? {
        drop(guard);
        // The lock is not fair: a waiter gets it only during a pause.
        thread::sleep(Duration::from_millis(1));
        return Ok(None);
    }
    Ok(match event::read()? {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(TopEvent::Key(key)),
        Event::Resize(..) => Some(TopEvent::Resized),
        _ => None,
    })
}
