//! A lease of a shared connection.

use std::future::pending;
use std::io;
use std::time::Duration;

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};
use tokio::time::{Instant, sleep_until};

use super::fd_passing::PassedFiles;
use super::message_socket::MessageSocket;
use super::reply::{self, MuxReply};
use super::start::{StartCommand, encode_action};
use crate::command::Command;
use crate::session::{
    ExecRequest, ExitOutcome, ForwardedSignal, RawMode, SignalAction, SignalSource, Stdio, Terminal,
};

/// The timeout of the daemon after a detach; longer than the daemon waits
/// for the server.
const DETACH_TIMEOUT: Duration = Duration::from_secs(1);

/// A shared connection of the mux daemon with an open channel, for one command.
///
/// Dropping it returns the connection unused.
pub struct Lease {
    pub(super) socket: MessageSocket,
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
        let _raw = RawMode::for_command(&terminal, &stdio)?;
        let signals = SignalSource::of_this_process(stdio.signals)?;
        let streams = |source| RemoteError::StandardStream { stream: "standard streams", source };
        let mut files = PassedFiles::new(stdio, &terminal).map_err(streams)?;
        let start = StartCommand {
            request: ExecRequest::new(command, terminal.clone()),
            streams: files.streams(),
        };
        let sent = self.socket.send_with(&start.encode(), &files.files()).await;
        sent.map_err(|error| connection_error(self.port, error))?;
        let writers = std::mem::take(&mut files.copy_tasks);
        // A pipe ends only when these copies are closed.
        drop(files);
        let outcome = self.forward_signals(signals, &terminal).await?;
        for writer in writers {
            // A writer that failed has ended the command already.
            let _ = writer.await;
        }
        Ok(outcome)
    }

    /// Forwards signals until the command ends, or the daemon takes too long
    /// after a detach.
    async fn forward_signals(
        mut self,
        mut signals: SignalSource,
        terminal: &Terminal,
    ) -> Result<ExitOutcome, RemoteError> {
        let mut leaving: Option<(ForwardedSignal, Instant)> = None;
        loop {
            tokio::select! {
                message = self.socket.receive(reply::MAX_REPLY_LEN) => return self.finish(message),
                action = signals.next() => {
                    match action {
                        SignalAction::Detach(name) => start_detaching(&mut leaving, name),
                        SignalAction::Forward(name) if *terminal != Terminal::None => start_detaching(&mut leaving, name),
                        SignalAction::Forward(_) | SignalAction::Resize => {}
                    }
                    let sent = self.socket.send(&encode_action(action)).await;
                    sent.map_err(|error| connection_error(self.port, error))?;
                }
                name = detach_timeout(leaving) => return Ok(ExitOutcome::Signal(name.number())),
            }
        }
    }

    fn finish(&self, message: io::Result<Option<Vec<u8>>>) -> Result<ExitOutcome, RemoteError> {
        let gone = || connection_error(self.port, "the mux daemon has exited");
        let message = message.ok().flatten().ok_or_else(gone)?;
        match MuxReply::decode(&message).map_err(|error| connection_error(self.port, error))? {
            MuxReply::Ended(outcome) => Ok(outcome),
            MuxReply::Failed(failure) => Err(failure.into_error(self.port)),
            _ => Err(connection_error(self.port, "unexpected reply from the mux daemon")),
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The first detach sets the deadline.
fn start_detaching(leaving: &mut Option<(ForwardedSignal, Instant)>, name: ForwardedSignal) {
    leaving.get_or_insert_with(|| (name, Instant::now() + DETACH_TIMEOUT));
}

async fn detach_timeout(leaving: Option<(ForwardedSignal, Instant)>) -> ForwardedSignal {
    match leaving {
        Some((name, time)) => {
            sleep_until(time).await;
            name
        }
        None => pending().await,
    }
}

fn connection_error(
    port: HostPort,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RemoteError {
    RemoteError::Connection { peer: Peer::Container(port), source: source.into() }
}
