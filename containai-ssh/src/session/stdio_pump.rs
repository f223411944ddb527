//! The standard streams and signals of a running command.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::time::Duration;

use containai_core::remote::RemoteError;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::connect::Session;
use super::control::{ControlMessage, ControlReceiver};
use super::input::{Input, InputChunks};
use super::outcome::ExitOutcome;
use super::output::OutputSink;
use super::replies::PendingReplies;
use super::signals::{ForwardedSignal, SignalAction, SignalSource};
use super::stdio::Stdio;
use super::stream_gate::StreamGate;
use super::terminal::{Terminal, TerminalSize};

/// The timeout of the server after a detach.
const DETACH_TIMEOUT: Duration = Duration::from_millis(200);

/// A command and its channel.
pub(super) struct StdioPump<'a> {
    pub(super) session: &'a Session,
    pub(super) write: ChannelWriteHalf<Msg>,
    pub(super) terminal: Terminal,
}

impl StdioPump<'_> {
    /// Copies streams and forwards signals until the command has ended.
    ///
    /// Three tasks run concurrently, none of which waits for another: received
    /// output is written, input is sent, signals are handled.
    pub(super) async fn run(
        self,
        read: ChannelReadHalf,
        replies: PendingReplies,
        stdio: Stdio,
        mut signals: SignalSource,
        mut control: Option<ControlReceiver>,
    ) -> Result<ExitOutcome, RemoteError> {
        let our_terminal = match self.terminal {
            Terminal::None => None,
            Terminal::Request { .. } => stdio.input.file().and_then(|file| file.try_clone().ok()),
        };
        if !matches!(stdio.input, Input::Null) {
            // The requests are sent before the input thread is started.
            yield_now().await;
        }
        let chunks =
            stdio.input.start(stdio.gate.clone()).map_err(stream_error("standard input"))?;
        let receiver = OutputReceiver {
            session: self.session,
            read,
            replies,
            output: OutputSink::new(stdio.output),
            error: OutputSink::new(stdio.error),
            gate: stdio.gate,
        };
        let mut receiving = pin!(receiver.run());
        let mut sending = pin!(self.send(chunks));
        let mut has_sent = false;
        loop {
            tokio::select! {
                outcome = &mut receiving => {
                    if matches!(outcome, Ok(ExitOutcome::OutputClosed) | Err(RemoteError::StandardStream { .. })) {
                        self.close().await;
                    }
                    return outcome;
                }
                () = &mut sending, if !has_sent => has_sent = true,
                message = next_message(&mut control) => {
                    self.send_with_timeout(message.send(&self.write)).await;
                }
                action = signals.next() => {
                    let Some(name) = self.apply_action(action, our_terminal.as_ref()).await else {
                        continue;
                    };
                    self.close().await;
                    return match timeout(DETACH_TIMEOUT, &mut receiving).await {
                        Ok(Ok(outcome)) => Ok(outcome),
                        _ => Ok(ExitOutcome::Signal(name.number())),
                    };
                }
            }
        }
    }

    /// Sends the input and its EOF. Errors appear on the receiving side.
    async fn send(&self, mut chunks: InputChunks) {
        while let Some(chunk) = chunks.next().await {
            if self.write.data_bytes(chunk).await.is_err() {
                return;
            }
        }
        let _ = self.write.eof().await;
    }

    /// Performs the action of a signal; returns the signal after which to
    /// detach.
    async fn apply_action(
        &self,
        action: SignalAction,
        our_terminal: Option<&OwnedFd>,
    ) -> Option<ForwardedSignal> {
        match (action, &self.terminal) {
            (SignalAction::Resize, _) => {
                if let Some(size) = our_terminal.and_then(TerminalSize::of) {
                    let (columns, rows) = (size.columns.into(), size.rows.into());
                    self.send_with_timeout(self.write.window_change(columns, rows, 0, 0)).await;
                }
                None
            }
            (SignalAction::Forward(name), Terminal::None) => {
                self.send_with_timeout(self.write.signal(name.to_ssh())).await;
                None
            }
            // With a terminal, the keys for signals are sent as bytes, so a
            // signal is for this process. The server hangs up the terminal.
            (SignalAction::Forward(name) | SignalAction::Detach(name), _) => {
                self.send_with_timeout(self.write.signal(name.to_ssh())).await;
                Some(name)
            }
        }
    }

    async fn close(&self) {
        self.send_with_timeout(self.write.close()).await;
    }

    /// Sends, unless the connection is blocked by unread output.
    async fn send_with_timeout(&self, message: impl Future<Output = Result<(), russh::Error>>) {
        let _ = timeout(DETACH_TIMEOUT, message).await;
    }
}

/// Waits for the next message; forever if the command has no control.
async fn next_message(control: &mut Option<ControlReceiver>) -> ControlMessage {
    match control {
        Some(control) => control.next().await,
        None => pending().await,
    }
}

/// The receiving side of a command.
struct OutputReceiver<'a> {
    session: &'a Session,
    read: ChannelReadHalf,
    replies: PendingReplies,
    output: OutputSink,
    error: OutputSink,
    gate: Option<StreamGate>,
}

impl OutputReceiver<'_> {
    /// Writes received output until the channel is closed. Output may follow
    /// the exit status, so that is not the end.
    async fn run(mut self) -> Result<ExitOutcome, RemoteError> {
        let mut outcome = None;
        while let Some(message) = self.read.wait().await {
            if let Some(gate) = &self.gate {
                gate.released().await;
            }
            let written = match message {
                ChannelMsg::Data { data } => self.output.write(data).await,
                ChannelMsg::ExtendedData { data, ext: 1 } => {
                    if let Some(end) = write_failure("standard error", self.error.write(data).await)
                    {
                        return end;
                    }
                    Ok(())
                }
                ChannelMsg::ExitStatus { exit_status } => {
                    outcome = Some(ExitOutcome::of_status(exit_status));
                    Ok(())
                }
                ChannelMsg::ExitSignal { signal_name, .. } => {
                    outcome = Some(ExitOutcome::of_signal(&signal_name));
                    Ok(())
                }
                ChannelMsg::Success => {
                    self.replies.succeeded();
                    Ok(())
                }
                ChannelMsg::Failure => return Err(self.replies.failed()),
                ChannelMsg::Close => break,
                _ => Ok(()),
            };
            if let Some(end) = write_failure("standard output", written) {
                return end;
            }
        }
        self.finish(outcome).await
    }

    async fn finish(mut self, outcome: Option<ExitOutcome>) -> Result<ExitOutcome, RemoteError> {
        for (name, sink) in
            [("standard output", &mut self.output), ("standard error", &mut self.error)]
        {
            if let Some(end) = write_failure(name, sink.finish().await) {
                return end;
            }
        }
        outcome.ok_or_else(|| self.session.to_remote_error(russh::Error::Disconnect))
    }
}

/// The result of the command after a failed write to a standard stream; `None`
/// if it succeeded.
fn write_failure(
    name: &'static str,
    written: io::Result<()>,
) -> Option<Result<ExitOutcome, RemoteError>> {
    match written {
        Ok(()) => None,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Some(Ok(ExitOutcome::OutputClosed)),
        Err(error) => Some(Err(stream_error(name)(error))),
    }
}

fn stream_error(stream: &'static str) -> impl Fn(io::Error) -> RemoteError {
    move |source| RemoteError::StandardStream { stream, source }
}
