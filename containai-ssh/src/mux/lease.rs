//! A lease of a shared connection.

use std::future::pending;
use std::io;
use std::time::Duration;

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};
use tokio::time::{Instant, sleep_until};

use super::hand_over::HandOver;
use super::reply::{self, Reply};
use super::start::{Start, encode_wish};
use super::wire::Wire;
use crate::command::Command;
use crate::session::{ExitOutcome, Name, RawMode, Request, Stdio, Terminal, Wish, Wishes};

/// The timeout of the daemon after a detach; longer than the daemon waits
/// for the server.
const FAREWELL: Duration = Duration::from_secs(1);

/// A shared connection of the mux daemon with an open channel, for one command.
///
/// Dropping it returns the connection unused.
pub struct Lease {
    pub(super) wire: Wire,
    pub(super) port: HostPort,
}

impl Lease {
    /// Runs a command as [`Session::exec`](crate::Session::exec) does; the
    /// daemon handles the streams. If this process exits, the command's
    /// connection is closed.
    ///
    /// # Errors
    ///
    /// As [`Session::exec`](crate::Session::exec); a daemon that exits is a
    /// failed connection.
    pub async fn exec(
        self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> Result<ExitOutcome, RemoteError> {
        let _raw = RawMode::fitting(&terminal, &stdio)?;
        let wishes = Wishes::of_this_process(stdio.signals)?;
        let streams = |source| RemoteError::Stream { stream: "standard streams", source };
        let mut files = HandOver::new(stdio, &terminal).map_err(streams)?;
        let start =
            Start { request: Request::new(command, terminal.clone()), streams: files.streams() };
        let sent = self.wire.send_with(&start.encode(), &files.files()).await;
        sent.map_err(|error| broken(self.port, error))?;
        let writers = std::mem::take(&mut files.writers);
        // A pipe ends only when these copies are closed.
        drop(files);
        let outcome = self.attend(wishes, &terminal).await?;
        for writer in writers {
            // A writer that failed has ended the command already.
            let _ = writer.await;
        }
        Ok(outcome)
    }

    /// Forwards signals until the command ends, or the daemon takes too long
    /// after a detach.
    async fn attend(
        mut self,
        mut wishes: Wishes,
        terminal: &Terminal,
    ) -> Result<ExitOutcome, RemoteError> {
        let mut leaving: Option<(Name, Instant)> = None;
        loop {
            tokio::select! {
                message = self.wire.receive(reply::LONGEST) => return self.end(message),
                wish = wishes.next() => {
                    match wish {
                        Wish::Leave(name) => leave(&mut leaving, name),
                        Wish::Pass(name) if *terminal != Terminal::None => leave(&mut leaving, name),
                        Wish::Pass(_) | Wish::Resize => {}
                    }
                    let sent = self.wire.send(&encode_wish(wish)).await;
                    sent.map_err(|error| broken(self.port, error))?;
                }
                name = overdue(leaving) => return Ok(ExitOutcome::Signal(name.number())),
            }
        }
    }

    fn end(&self, message: io::Result<Option<Vec<u8>>>) -> Result<ExitOutcome, RemoteError> {
        let gone = || broken(self.port, "the mux daemon has exited");
        let message = message.ok().flatten().ok_or_else(gone)?;
        match Reply::decode(&message).map_err(|error| broken(self.port, error))? {
            Reply::Ended(outcome) => Ok(outcome),
            Reply::Failed(failure) => Err(failure.into_error(self.port)),
            _ => Err(broken(self.port, "unexpected reply from the mux daemon")),
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The first detach sets the deadline.
fn leave(leaving: &mut Option<(Name, Instant)>, name: Name) {
    leaving.get_or_insert_with(|| (name, Instant::now() + FAREWELL));
}

async fn overdue(leaving: Option<(Name, Instant)>) -> Name {
    match leaving {
        Some((name, time)) => {
            sleep_until(time).await;
            name
        }
        None => pending().await,
    }
}

fn broken(
    port: HostPort,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RemoteError {
    RemoteError::Connection { peer: Peer::Container(port), source: source.into() }
}
