//! A dedicated or shared connection.

use containai_core::remote::RemoteError;

use super::lease::Lease;
use crate::command::Command;
use crate::session::{ExitOutcome, Session, Stdio, Terminal};

/// A connection on which a command can run.
#[derive(Debug)]
pub enum Connection {
    /// A dedicated connection.
    Dedicated(Session),
    /// A shared connection.
    Shared(Lease),
}

impl Connection {
    /// Runs a command; see [`Session::exec`].
    ///
    /// # Errors
    ///
    /// As [`Session::exec`].
    pub async fn exec(
        self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> Result<ExitOutcome, RemoteError> {
        match self {
            Self::Dedicated(session) => session.exec(command, terminal, stdio).await,
            Self::Shared(lease) => lease.exec(command, terminal, stdio).await,
        }
    }
}
