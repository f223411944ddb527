//! Output in memory.

use std::io::{self, ErrorKind, Write};
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
        self.output_within(command, input, usize::MAX).await
    }

    /// Runs a command of which little output is expected, and keeps it in memory: a hostile container
    /// may print without end.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec); [`RemoteError::StandardStream`] if a stream is longer than `limit`
    /// bytes.
    pub async fn output_within(
        &self,
        command: &Command,
        input: Input,
        limit: usize,
    ) -> Result<Captured, RemoteError> {
        let (stdout, stderr) = (SharedBuffer::new(limit), SharedBuffer::new(limit));
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

#[derive(Clone)]
struct SharedBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl SharedBuffer {
    fn new(limit: usize) -> Self {
        Self { bytes: Arc::default(), limit }
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.len() > self.limit.saturating_sub(kept.len()) {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "more output than expected"));
        }
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_limited() {
        let mut buffer = SharedBuffer::new(4);
        assert!(buffer.write(b"abcd").is_ok());
        assert_eq!(buffer.write(b"e").map_err(|error| error.kind()), Err(ErrorKind::FileTooLarge));
        assert_eq!(buffer.take(), b"abcd");
        assert!(SharedBuffer::new(usize::MAX).write(b"abcd").is_ok());
    }
}
