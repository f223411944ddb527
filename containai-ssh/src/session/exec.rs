//! Running a command.

use containai_core::remote::RemoteError;
use russh::client::Msg;
use russh::{Channel, ChannelWriteHalf, Pty};

use super::connect::Session;
use super::conversation::Conversation;
use super::outcome::ExitOutcome;
use super::raw_mode::RawMode;
use super::replies::Replies;
use super::stdio::Stdio;
use super::terminal::Terminal;
use crate::command::Command;

impl Session {
    /// Runs a command until it ends, and passes its streams through.
    ///
    /// Everything is binary-clean, and a slow reader or writer slows the other
    /// side down. The end of our input is passed on; the end of the command is
    /// the end even if our input goes on. One command at a time: a second one
    /// beside it waits whenever the first one's reader is slow.
    ///
    /// Dropping the future gives the command up; the server then closes its
    /// streams.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::Connection`]: the connection broke; how far the command
    ///   came is unknown.
    /// - [`RemoteError::Refused`]: the server gives no terminal or runs nothing.
    /// - [`RemoteError::Stream`]: our own input or output failed, other than by
    ///   a reader that went away.
    pub async fn exec(
        &self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> Result<ExitOutcome, RemoteError> {
        let channel = self.open_channel().await?;
        let (read, write) = channel.split();
        let _raw = match terminal {
            Terminal::None => None,
            Terminal::Request { .. } => raw_mode(&stdio)?,
        };
        let replies = self.request(&write, command, &terminal).await;
        let replies = replies.map_err(|error| self.failure(error))?;
        Conversation { session: self, write, terminal }.hold(read, replies, stdio).await
    }

    /// Runs the user's login shell in the workspace; see
    /// [`Command::shell`] and [`exec`](Self::exec).
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

    async fn open_channel(&self) -> Result<Channel<Msg>, RemoteError> {
        let channel = self.handle.channel_open_session().await;
        let channel = channel.map_err(|error| match error {
            russh::Error::ChannelOpenFailure(_) => RemoteError::Refused { what: "a session" },
            error => self.failure(error),
        })?;
        self.haste.stop();
        Ok(channel)
    }

    /// Asks for everything at once; the answers come while the command runs.
    async fn request(
        &self,
        write: &ChannelWriteHalf<Msg>,
        command: &Command,
        terminal: &Terminal,
    ) -> Result<Replies, russh::Error> {
        let mut replies = Replies::default();
        if self.lend_agent() {
            write.agent_forward(true).await?;
            replies.expect("to forward the SSH agent");
        }
        for (name, value) in command.sent_env() {
            write.set_env(false, name.as_str(), value).await?;
        }
        if let Terminal::Request { term, size } = terminal {
            let (columns, rows) = (size.columns.into(), size.rows.into());
            // The other modes are as the remote kernel has them; this one it has
            // off, and then erases half of a character.
            let modes = [(Pty::IUTF8, 1)];
            write.request_pty(true, term, columns, rows, 0, 0, &modes).await?;
            replies.expect("a terminal");
        }
        write.exec(true, command.line()).await?;
        replies.expect("to run a command");
        Ok(replies)
    }
}

fn raw_mode(stdio: &Stdio) -> Result<Option<RawMode>, RemoteError> {
    let Some(file) = stdio.input.file() else {
        return Ok(None);
    };
    RawMode::enter(file).map_err(|source| RemoteError::Stream { stream: "terminal", source })
}
