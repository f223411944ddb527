//! A terminal with a program on it.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command as Program, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize};

use crate::child;
use crate::sshd::Sshd;

/// The timeout of every wait.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A session on a terminal of 80 × 24.
pub(crate) struct Pty {
    keyboard: File,
    terminal: File,
    screen: Arc<Mutex<Vec<u8>>>,
    pub(crate) program: Child,
}

impl Pty {
    /// Starts a script with a terminal on both sides.
    pub(crate) fn start(sshd: &Sshd, script: &str, env: &[(&str, &str)]) -> Result<Self> {
        let pair = nix::pty::openpty(None, None)?;
        let (keyboard, terminal) = (File::from(pair.master), File::from(pair.slave));
        resize(&keyboard, 80, 24)?;
        let program = Program::new("setsid")
            .arg("--ctty")
            .args(child::session_argv()?)
            .env("IT_HOME", sshd.home())
            .env("IT_PORT", sshd.port.to_string())
            .env("IT_SCRIPT", script)
            .env("IT_TERM", "xterm-it")
            .envs(env.iter().copied())
            .stdin(terminal.try_clone()?)
            .stdout(terminal.try_clone()?)
            .stderr(terminal.try_clone()?)
            .spawn()?;
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, shared) = (keyboard.try_clone()?, Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                let mut screen = shared.lock().unwrap_or_else(PoisonError::into_inner);
                screen.extend_from_slice(&buffer[..length]);
            }
        });
        Ok(Self { keyboard, terminal, screen, program })
    }

    pub(crate) fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&screen).into_owned()
    }

    pub(crate) fn wait_for(&self, text: &str) -> Result<()> {
        self.wait_until(|pty| Ok(pty.screen().contains(text)), text)
    }

    pub(crate) fn wait_until(
        &self,
        is_so: impl Fn(&Self) -> Result<bool>,
        what: &str,
    ) -> Result<()> {
        let start = Instant::now();
        while !is_so(self)? {
            if start.elapsed() > TEST_TIMEOUT {
                bail!("no `{what}` on the screen:\n{}", self.screen());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    pub(crate) fn press(&mut self, keys: &[u8]) -> Result<()> {
        Ok(self.keyboard.write_all(keys)?)
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) -> Result<()> {
        resize(&self.keyboard, columns, rows)
    }

    pub(crate) fn modes(&self) -> Result<Termios> {
        Ok(tcgetattr(&self.terminal)?)
    }

    pub(crate) fn is_raw(&self) -> Result<bool> {
        Ok(!self.modes()?.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO))
    }

    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.program.try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > TEST_TIMEOUT {
                bail!("the program does not end:\n{}", self.screen());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn resize(terminal: &File, columns: u16, rows: u16) -> Result<()> {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}
