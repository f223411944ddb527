//! Running a script in the container.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, PoisonError};

use containai_core::remote::RemoteError;

use super::error::TransferError;
use super::source::escape_path;
use crate::command::Command;
use crate::session::{ExitOutcome, Input, Output, Session, Stdio, Terminal};

/// The maximum sizes of a reply, and of the standard error.
pub(super) const MAX_REPLY_LEN: usize = 64 << 10;
const MAX_STDERR_LEN: usize = 16 << 10;

/// The result of a script.
pub(super) struct ScriptOutcome {
    pub(super) outcome: ExitOutcome,
    /// The beginning of its standard error.
    pub(super) stderr: Vec<u8>,
}

impl ScriptOutcome {
    pub(super) fn is_success(&self) -> bool {
        self.outcome == ExitOutcome::Status(0)
    }

    /// Returns the lines of its standard error, without program names and
    /// without lines that only announce other errors.
    pub(super) fn error_lines(&self) -> Vec<String> {
        let lines = self.stderr.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| without_program_name(&escape_path(line)).to_owned())
            .filter(|line| !line.starts_with("Exiting with failure status"))
            .collect()
    }

    /// Returns the error of a failed operation, with the script's own message.
    pub(super) fn to_error(&self, what: &'static str, path: &[u8]) -> TransferError {
        let said = match self.error_lines().pop() {
            Some(line) => line,
            None => format!("exit status {}", self.outcome.code()),
        };
        TransferError::RemoteCommand { what, path: escape_path(path), stderr: said }
    }
}

/// Removes the prefix of `tar: x` and `sh: 3: x`.
fn without_program_name(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix("tar: ") {
        return rest;
    }
    let Some(rest) = line.strip_prefix("sh: ") else { return line };
    rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(": ")
}

/// Runs a command with these streams, and keeps its standard error.
pub(super) async fn run_script(
    session: &Session,
    command: &Command,
    input: Input,
    output: Output,
) -> Result<ScriptOutcome, RemoteError> {
    let talk = BoundedBuffer::new(MAX_STDERR_LEN, Overflow::Discard);
    let error = Output::Writer(Box::new(talk.clone()));
    let stdio = Stdio { input, output, error, ..Stdio::default() };
    let outcome = session.exec(command, Terminal::None, stdio).await?;
    Ok(ScriptOutcome { outcome, stderr: talk.take() })
}

/// Runs a command for a short reply.
pub(super) async fn script_reply(
    session: &Session,
    command: &Command,
) -> Result<(ScriptOutcome, Vec<u8>), RemoteError> {
    script_reply_up_to(session, command, Input::Null, MAX_REPLY_LEN).await
}

/// Runs a command for a reply of at most this many bytes.
pub(super) async fn script_reply_up_to(
    session: &Session,
    command: &Command,
    input: Input,
    most: usize,
) -> Result<(ScriptOutcome, Vec<u8>), RemoteError> {
    let answer = BoundedBuffer::new(most, Overflow::Fail);
    let output = Output::Writer(Box::new(answer.clone()));
    let ending = run_script(session, command, input, output).await?;
    Ok((ending, answer.take()))
}

/// The treatment of excess output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Overflow {
    Discard,
    Fail,
}

/// A buffer that a container cannot fill without limit.
#[derive(Clone)]
struct BoundedBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
    overflow: Overflow,
}

impl BoundedBuffer {
    fn new(limit: usize, overflow: Overflow) -> Self {
        Self { bytes: Arc::default(), limit, overflow }
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for BoundedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.limit - kept.len();
        if bytes.len() > room && self.overflow == Overflow::Fail {
            return Err(ErrorKind::BrokenPipe.into());
        }
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
