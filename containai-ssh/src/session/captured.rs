//! Output in memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use containai_core::remote::RemoteError;

use super::connect::Session;
use super::input::Input;
use super::outcome::ExitOutcome;
use super::output::Output;
use super::stdio::Stdio;
use super::terminal::Terminal;
use crate::command::Command;

/// The result and output of a command.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Captured {
    /// The result.
    pub outcome: ExitOutcome,
    /// The standard output.
    pub stdout: Vec<u8>,
    /// The standard error.
    pub stderr: Vec<u8>,
}

impl Session {
    /// Runs a command and keeps all of its output in memory.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn output(&self, command: &Command, input: Input) -> Result<Captured, RemoteError> {
        let (stdout, stderr) = (SharedBuffer::default(), SharedBuffer::default());
        let stdio = Stdio {
            input,
            output: Output::Writer(Box::new(stdout.clone())),
            error: Output::Writer(Box::new(stderr.clone())),
            ..Stdio::default()
        };
        let outcome = self.exec(command, Terminal::None, stdio).await?;
        Ok(Captured { outcome, stdout: stdout.take(), stderr: stderr.take() })
    }
}

#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
