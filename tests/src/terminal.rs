//! A terminal with a simulated user.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::termios::{Winsize, tcsetwinsize};

use crate::wait_until;

/// How long a text may take to appear.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program on a pseudo-terminal, which is its controlling terminal.
#[derive(Debug)]
pub struct Terminal {
    screen: File,
    shown: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    /// Starts a program on a terminal of this size.
    ///
    /// # Panics
    ///
    /// When no terminal can be opened.
    #[track_caller]
    pub fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let pair = openpty(None, None).expect("a pseudo-terminal");
        tcsetwinsize(&pair.master, size(columns, rows)).expect("a terminal");
        let stream = || Stdio::from(pair.slave.try_clone().expect("a descriptor"));
        // setsid(1) sets the controlling terminal, so that no code runs between fork and exec.
        let mut session = Command::new("setsid");
        session.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        session.env_clear();
        session.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(directory) = command.get_current_dir() {
            session.current_dir(directory);
        }
        session.stdin(stream()).stdout(stream()).stderr(stream());
        let child = session.spawn().expect("setsid is installed");
        let screen = File::from(pair.master);
        let shown = Arc::new(Mutex::new(Vec::new()));
        collect(screen.try_clone().expect("a descriptor"), Arc::clone(&shown));
        Self { screen, shown, child }
    }

    /// Types text; `\r` is the enter key and `\x03` is Ctrl-C.
    pub fn type_text(&mut self, text: &str) {
        self.screen.write_all(text.as_bytes()).expect("the terminal is open");
    }

    /// Changes the size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        tcsetwinsize(&self.screen, size(columns, rows)).expect("a terminal");
    }

    /// Sends a signal to the program. It has the process id of setsid(1), which does not fork
    /// because it is no process group leader.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id fits");
        let _ = kill(Pid::from_raw(pid), signal);
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until(TIMEOUT, text, || {
                last = self.screen_text();
                last.contains(text).then_some(())
            });
        }));
        assert!(found.is_ok(), "`{text}` is not shown:\n{last}");
    }

    /// Returns everything shown so far.
    pub fn screen_text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("no reader panics")).into_owned()
    }

    /// Waits for the end and returns the exit status.
    #[track_caller]
    pub fn code(mut self) -> i32 {
        let status = wait_until(TIMEOUT, "the program ends", || {
            self.child.try_wait().expect("a child can be waited for")
        });
        status.code().unwrap_or(-1)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Reading fails with EIO when the last program has closed the terminal.
fn collect(mut screen: File, shown: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = screen.read(&mut buffer) {
            shown.lock().expect("no reader panics").extend_from_slice(&buffer[..length]);
        }
    });
}
