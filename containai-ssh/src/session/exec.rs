//! Running commands.

use containai_core::remote::RemoteError;
use russh::Channel;
use russh::client::Msg;

use super::connect::Session;
use super::conversation::Conversation;
use super::outcome::ExitOutcome;
use super::raw_mode::RawMode;
use super::replies::Replies;
use super::request::Request;
use super::signals::Wishes;
use super::stdio::Stdio;
use super::terminal::Terminal;
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
        let _raw = RawMode::fitting(&terminal, &stdio)?;
        let wishes = Wishes::of_this_process(stdio.signals)?;
        self.run(channel, Request::new(command, terminal), stdio, wishes).await
    }

    /// Runs a command on an open channel.
    pub(crate) async fn run(
        &self,
        channel: Channel<Msg>,
        request: Request,
        stdio: Stdio,
        wishes: Wishes,
    ) -> Result<ExitOutcome, RemoteError> {
        let (read, write) = channel.split();
        let asked = async {
            let mut replies = Replies::default();
            if self.lend_agent() {
                write.agent_forward(true).await?;
                replies.expect("to forward the SSH agent");
            }
            request.send(&write, replies).await
        };
        let replies = asked.await.map_err(|error| self.failure(error))?;
        let conversation = Conversation { session: self, write, terminal: request.terminal };
        conversation.hold(read, replies, stdio, wishes).await
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
            error => self.failure(error),
        })?;
        self.haste.stop();
        Ok(channel)
    }
}
