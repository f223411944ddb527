//! Raw mode of the local terminal, restored in every case.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};

use containai_core::remote::RemoteError;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

use super::stdio::Stdio;
use super::terminal::Terminal;

/// The terminal in raw mode, and its previous settings. Global, because a panic
/// or an exit elsewhere has to restore it too.
static SAVED_TERMINAL: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// Keeps a terminal in raw mode until it is dropped.
#[derive(Debug)]
pub(crate) struct RawMode(());

impl RawMode {
    /// Enters raw mode if a command needs it; `None` otherwise.
    pub(crate) fn for_command(
        terminal: &Terminal,
        stdio: &Stdio,
    ) -> Result<Option<Self>, RemoteError> {
        match (terminal, stdio.input.file()) {
            (Terminal::Request { .. }, Some(file)) => Self::enter(file)
                .map_err(|source| RemoteError::StandardStream { stream: "terminal", source }),
            _ => Ok(None),
        }
    }

    /// Puts a terminal into raw mode, so that every key is sent to the remote
    /// terminal. `None` if the file is not a terminal, or one is in raw mode
    /// already.
    fn enter(fd: impl AsFd) -> io::Result<Option<Self>> {
        let mut changed = SAVED_TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Restores the local terminal, if a session changed it.
///
/// A session restores it automatically when it ends. This is for programs that
/// call [`std::process::exit`] during one.
pub fn restore_terminal() {
    let mut changed = SAVED_TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((fd, before)) = changed.take() {
        // After a hangup the terminal is gone, and needs no restoring.
        let _ = tcsetattr(&fd, OptionalActions::Now, &before);
    }
}

/// Restores the terminal before the message is printed, so that it is readable.
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    use std::thread;

    use nix::pty::openpty;
    use rustix::termios::OutputModes;

    use super::*;

    fn settings(terminal: &OwnedFd) -> io::Result<String> {
        Ok(format!("{:?}", tcgetattr(terminal)?))
    }

    #[test]
    fn a_panic_restores_the_terminal_before_its_message() -> anyhow::Result<()> {
        let pair = openpty(None, None)?;
        let before = settings(&pair.slave)?;
        let stream = || pair.slave.try_clone().map(Stdio::from);
        let mut program = Command::new(std::env::current_exe()?);
        program.args(["--exact", "session::raw_mode::tests::panics_in_raw_mode", "--ignored"]);
        program.args(["--nocapture"]).env_remove("RUST_BACKTRACE");
        let mut child = program.stdin(stream()?).stdout(stream()?).stderr(stream()?).spawn()?;
        drop(program);
        let mut screen = File::from(pair.master);
        let reader = thread::spawn(move || {
            let mut shown = Vec::new();
            // The end of a terminal is an error.
            let _ = screen.read_to_end(&mut shown);
            String::from_utf8_lossy(&shown).into_owned()
        });
        assert!(!child.wait()?.success(), "the child panics");
        assert_eq!(settings(&pair.slave)?, before);
        drop(pair.slave);
        let shown = reader.join().expect("it reads to the end");
        let (_, panic_message) =
            shown.split_once("the terminal is raw").expect("the terminal was raw");
        let (_, panic_message) =
            panic_message.split_once("panicked at").expect("the panic is printed");
        assert!(panic_message.contains("something is wrong"), "{panic_message:?}");
        let is_readable =
            panic_message.lines().count() > 1 && !panic_message.replace("\r\n", "").contains('\n');
        assert!(is_readable, "lines do not start at the left margin: {panic_message:?}");
        Ok(())
    }

    /// Another thread panics, and only the hook restores the terminal.
    #[test]
    #[ignore = "a test starts it on a terminal of its own"]
    fn panics_in_raw_mode() {
        let raw = RawMode::enter(io::stdin()).expect("it has settings").expect("it is one");
        std::mem::forget(raw);
        let modes = tcgetattr(io::stdin()).expect("it has settings");
        assert!(!modes.output_modes.contains(OutputModes::OPOST));
        println!("the terminal is raw");
        let panicking = thread::spawn(|| panic!("something is wrong"));
        assert!(panicking.join().is_ok(), "it panicked");
    }
}
