//! Running a script in the container.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, PoisonError};

use containai_core::remote::RemoteError;

use super::error::TransferError;
use super::source::show;
use crate::command::Command;
use crate::session::{ExitOutcome, Input, Output, Session, Stdio, Terminal};

/// The maximum sizes of a reply, and of the standard error.
pub(super) const ANSWER: usize = 64 << 10;
const TALK: usize = 16 << 10;

/// The result of a script.
pub(super) struct Ending {
    pub(super) outcome: ExitOutcome,
    /// The beginning of its standard error.
    pub(super) talk: Vec<u8>,
}

impl Ending {
    pub(super) fn is_success(&self) -> bool {
        self.outcome == ExitOutcome::Status(0)
    }

    /// Returns the lines of its standard error, without program names and
    /// without lines that only announce other errors.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.talk.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| without_speaker(&show(line)).to_owned())
            .filter(|line| !line.starts_with("Exiting with failure status"))
            .collect()
    }

    /// Returns the error of a failed operation, with the script's own message.
    pub(super) fn failed(&self, what: &'static str, path: &[u8]) -> TransferError {
        let said = match self.lines().pop() {
            Some(line) => line,
            None => format!("exit status {}", self.outcome.code()),
        };
        TransferError::Inside { what, path: show(path), said }
    }
}

/// Removes the prefix of `tar: x` and `sh: 3: x`.
fn without_speaker(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix("tar: ") {
        return rest;
    }
    let Some(rest) = line.strip_prefix("sh: ") else { return line };
    rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(": ")
}

/// Runs a command with these streams, and keeps its standard error.
pub(super) async fn exchange(
    session: &Session,
    command: &Command,
    input: Input,
    output: Output,
) -> Result<Ending, RemoteError> {
    let talk = Bounded::new(TALK, Excess::Swallowed);
    let error = Output::Writer(Box::new(talk.clone()));
    let stdio = Stdio { input, output, error, ..Stdio::default() };
    let outcome = session.exec(command, Terminal::None, stdio).await?;
    Ok(Ending { outcome, talk: talk.take() })
}

/// Runs a command for a short reply.
pub(super) async fn ask(
    session: &Session,
    command: &Command,
) -> Result<(Ending, Vec<u8>), RemoteError> {
    answer(session, command, Input::Null, ANSWER).await
}

/// Runs a command for a reply of at most this many bytes.
pub(super) async fn answer(
    session: &Session,
    command: &Command,
    input: Input,
    most: usize,
) -> Result<(Ending, Vec<u8>), RemoteError> {
    let answer = Bounded::new(most, Excess::Refused);
    let output = Output::Writer(Box::new(answer.clone()));
    let ending = exchange(session, command, input, output).await?;
    Ok((ending, answer.take()))
}

/// The treatment of excess output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Excess {
    Swallowed,
    Refused,
}

/// A buffer that a container cannot fill without limit.
#[derive(Clone)]
struct Bounded {
    bytes: Arc<Mutex<Vec<u8>>>,
    most: usize,
    excess: Excess,
}

impl Bounded {
    fn new(most: usize, excess: Excess) -> Self {
        Self { bytes: Arc::default(), most, excess }
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.most - kept.len();
        if bytes.len() > room && self.excess == Excess::Refused {
            return Err(ErrorKind::BrokenPipe.into());
        }
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
