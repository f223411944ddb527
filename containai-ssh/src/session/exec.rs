//! Running commands.

use containai_core::remote::RemoteError;
use russh::Channel;
use russh::client::Msg;
use tracing::debug;

use super::connect::Session;
use super::control::ControlReceiver;
use super::outcome::ExitOutcome;
use super::raw_mode::RawMode;
use super::replies::PendingReplies;
use super::request::ExecRequest;
use super::signals::{SignalSource, Signals};
use super::stdio::Stdio;
use super::stdio_pump::StdioPump;
use super::terminal::Terminal;
use crate::LOG_TARGET;
use crate::command::Command;

impl Session {
    /// Runs a command until it ends, with these streams.
    ///
    /// Streams are binary-safe, and a slow reader or writer slows the other
    /// side down. EOF of the input is forwarded; the session ends with the
    /// command, even if the input continues. Commands run in sequence: a
    /// concurrent one is blocked whenever the reader of the first one is slow.
    ///
    /// Dropping the future aborts the command; the server then closes its
    /// streams.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::Connection`]: the connection failed; the progress of
    ///   the command is unknown.
    /// - [`RemoteError::Refused`]: the server refused the terminal or the
    ///   command.
    /// - [`RemoteError::StandardStream`]: a local stream failed, other than by
    ///   a closed reader.
    pub async fn exec(
        &self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> Result<ExitOutcome, RemoteError> {
        let channel = self.open_channel().await?;
        let _raw = RawMode::for_command(&terminal, &stdio)?;
        let signals = SignalSource::of_this_process(stdio.signals)?;
        self.run_on_channel(channel, ExecRequest::new(command, terminal), stdio, signals).await
    }

    /// Runs a command as [`exec`](Self::exec) does, and sends it the signals and
    /// terminal sizes of its [`CommandControl`](super::CommandControl).
    /// `stdio.signals` is ignored: signals of this process are left to the
    /// embedding program.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn exec_controlled(
        &self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
        control: ControlReceiver,
    ) -> Result<ExitOutcome, RemoteError> {
        let channel = self.open_channel().await?;
        let _raw = RawMode::for_command(&terminal, &stdio)?;
        let signals = SignalSource::of_this_process(Signals::Ignore)?;
        let request = ExecRequest::new(command, terminal);
        self.run(channel, request, stdio, signals, Some(control)).await
    }

    /// Runs a command on an open channel.
    pub(crate) async fn run_on_channel(
        &self,
        channel: Channel<Msg>,
        request: ExecRequest,
        stdio: Stdio,
        signals: SignalSource,
    ) -> Result<ExitOutcome, RemoteError> {
        self.run(channel, request, stdio, signals, None).await
    }

    async fn run(
        &self,
        channel: Channel<Msg>,
        request: ExecRequest,
        stdio: Stdio,
        signals: SignalSource,
        control: Option<ControlReceiver>,
    ) -> Result<ExitOutcome, RemoteError> {
        let (read, write) = channel.split();
        let request_sent = async {
            let mut replies = PendingReplies::default();
            if self.enable_agent_forwarding() {
                write.agent_forward(true).await?;
                replies.expect("to forward the SSH agent");
            }
            request.send(&write, replies).await
        };
        let replies = request_sent.await.map_err(|error| self.to_remote_error(error))?;
        debug!(target: LOG_TARGET, terminal = request.terminal != Terminal::None, "command requested");
        let pump = StdioPump { session: self, write, terminal: request.terminal };
        let outcome = pump.run(read, replies, stdio, signals, control).await;
        match &outcome {
            Ok(outcome) => debug!(target: LOG_TARGET, status = outcome.code(), "command ended"),
            Err(error) => debug!(target: LOG_TARGET, %error, "command failed"),
        }
        outcome
    }

    /// Runs the user's login shell in the workspace; see [`Command::shell`] and
    /// [`exec`](Self::exec).
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub async fn shell(
        &self,
        terminal: Terminal,
        stdio: Stdio,
    ) -> Result<ExitOutcome, RemoteError> {
        self.exec(&Command::shell(), terminal, stdio).await
    }

    /// Opens a channel, on which nothing runs yet.
    pub(crate) async fn open_channel(&self) -> Result<Channel<Msg>, RemoteError> {
        let channel = self.handle.channel_open_session().await;
        let channel = channel.map_err(|error| match error {
            russh::Error::ChannelOpenFailure(_) => RemoteError::Refused { what: "a session" },
            error => self.to_remote_error(error),
        })?;
        self.quick_ack.stop();
        Ok(channel)
    }
}
