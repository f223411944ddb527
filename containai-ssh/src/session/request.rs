//! The requests that start a command on a channel.

use std::fmt;

use containai_core::naming::EnvName;
use russh::client::Msg;
use russh::{ChannelWriteHalf, Pty};

use super::replies::PendingReplies;
use super::terminal::Terminal;
use crate::command::Command;

/// A command as sent to the server. `Debug` omits everything that may be
/// secret.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct ExecRequest {
    /// The line for the remote user's shell.
    pub(crate) line: Vec<u8>,
    /// Environment variables sent separately.
    pub(crate) env: Vec<(EnvName, String)>,
    /// Whether a terminal is requested.
    pub(crate) terminal: Terminal,
}

impl ExecRequest {
    pub(crate) fn new(command: &Command, terminal: Terminal) -> Self {
        Self { line: command.line(), env: command.request_env(), terminal }
    }

    /// Sends all requests at once; the replies arrive while the command runs.
    pub(super) async fn send(
        &self,
        write: &ChannelWriteHalf<Msg>,
        mut replies: PendingReplies,
    ) -> Result<PendingReplies, russh::Error> {
        for (name, value) in &self.env {
            write.set_env(false, name.as_str(), value).await?;
        }
        if let Terminal::Request { term, size } = &self.terminal {
            let (columns, rows) = (size.columns.into(), size.rows.into());
            // The other modes keep the defaults of the remote kernel. `IUTF8`
            // is off there, which makes erase delete half a character.
            let modes = [(Pty::IUTF8, 1)];
            write.request_pty(true, term, columns, rows, 0, 0, &modes).await?;
            replies.expect("a terminal");
        }
        write.exec(true, self.line.as_slice()).await?;
        replies.expect("to run a command");
        Ok(replies)
    }
}

impl fmt::Debug for ExecRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("terminal", &self.terminal).finish_non_exhaustive()
    }
}
