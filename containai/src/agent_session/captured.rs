//! The output of the session script, with a limited size.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use containai_core::exit;
use containai_ssh::{Command, Input, Output, Stdio, Terminal};

use crate::error::OperationError;
use crate::report::escape_control;
use crate::session::SessionRequest;

/// The limit of the output, in bytes: 10,000 lines of a wide terminal.
const MAX_OUTPUT: usize = 8 << 20;

/// The output of a command.
pub(super) struct ScriptOutput {
    pub(super) code: u8,
    pub(super) text: String,
    error: String,
}

impl ScriptOutput {
    /// Returns the error of a script that failed.
    pub(super) fn failure(&self) -> OperationError {
        let said = self.error.lines().next_back().unwrap_or("the session script failed");
        let said = said.strip_prefix("error: ").unwrap_or(said);
        OperationError::with_code(exit::FAILED, escape_control(said))
    }
}

/// Runs a command in the existing container.
pub(super) async fn run(
    request: SessionRequest,
    command: &Command,
    input: Input,
) -> crate::Result<ScriptOutput> {
    let connection = request.open_existing().await?.connection;
    let (text, error) = (LimitedBuffer::default(), LimitedBuffer::default());
    let stdio = Stdio::default()
        .with_input(input)
        .with_output(Output::Writer(Box::new(text.clone())))
        .with_error(Output::Writer(Box::new(error.clone())));
    let outcome = connection.exec(command, Terminal::None, stdio).await?;
    Ok(ScriptOutput { code: outcome.code(), text: text.take(), error: error.take() })
}

/// A buffer that refuses more than its limit, which ends the command.
#[derive(Clone, Default)]
struct LimitedBuffer(Arc<Mutex<Vec<u8>>>);

impl LimitedBuffer {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for LimitedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other("the container sends too much"));
        }
        held.extend_from_slice(bytes);
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
        let mut buffer = LimitedBuffer::default();
        let block = vec![b'x'; MAX_OUTPUT / 2];
        assert!(buffer.write_all(&block).is_ok() && buffer.write_all(&block).is_ok());
        assert!(buffer.write_all(b"x").is_err());
        assert_eq!(buffer.take().len(), MAX_OUTPUT / 2 * 2);
    }
}
