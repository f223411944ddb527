//! Raw mode of our own terminal, undone on every way out.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};

use containai_core::remote::RemoteError;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

use super::stdio::Stdio;
use super::terminal::Terminal;

/// The terminal that is in raw mode, and how it was before. There is one for
/// the whole process, because a panic or an exit elsewhere has to undo it too.
static CHANGED: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// Keeps a terminal in raw mode until it is dropped.
#[derive(Debug)]
pub(crate) struct RawMode(());

impl RawMode {
    /// The mode that a command's terminal needs of ours; `None` without one.
    pub(crate) fn fitting(terminal: &Terminal, stdio: &Stdio) -> Result<Option<Self>, RemoteError> {
        match (terminal, stdio.input.file()) {
            (Terminal::Request { .. }, Some(file)) => Self::enter(file)
                .map_err(|source| RemoteError::Stream { stream: "terminal", source }),
            _ => Ok(None),
        }
    }

    /// Puts a terminal into raw mode, so that every key goes to the other side.
    /// `None` when the file is no terminal, or one is in raw mode already.
    fn enter(fd: impl AsFd) -> io::Result<Option<Self>> {
        let mut changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
        if changed.is_some() || !isatty(&fd) {
            return Ok(None);
        }
        let before = tcgetattr(&fd)?;
        let mut raw = before.clone();
        raw.make_raw();
        let fd = fd.as_fd().try_clone_to_owned()?;
        restore_on_panic();
        tcsetattr(&fd, OptionalActions::Drain, &raw)?;
        *changed = Some((fd, before));
        Ok(Some(Self(())))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Gives our terminal back as it was before a session changed it; does nothing
/// when none did.
///
/// A session does this by itself when it ends, whatever ends it. It is for
/// programs that leave through [`std::process::exit`] while one is open.
pub fn restore_terminal() {
    let mut changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((fd, before)) = changed.take() {
        // Who hangs up takes the terminal away, and nothing is left to restore.
        let _ = tcsetattr(&fd, OptionalActions::Now, &before);
    }
}

/// Restores before the message is printed, so that it can be read.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore_terminal();
            next(info);
        }));
    });
}
