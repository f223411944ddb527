//! A command in the container.

use containai_core::exit;
use containai_ssh::{Command, JOURNAL_IDENTIFIER, LaunchMode, Stdio, Terminal};

use crate::connection::SessionConnection;
use crate::report::Reporter;

/// The streams of a command in the container.
#[derive(Debug)]
pub struct Streams {
    /// The terminal of the command; a detached command gets none.
    pub terminal: Terminal,
    /// Standard input, output and error.
    pub stdio: Stdio,
}

/// Runs the command, and returns its exit status.
///
/// # Errors
///
/// The command cannot be started, or the connection is lost.
pub async fn exec_attached(
    connection: SessionConnection,
    command: &Command,
    streams: Streams,
    reporter: &Reporter,
) -> crate::Result<u8> {
    reporter.finish_work();
    let is_detached = command.launch() == LaunchMode::Detached;
    let terminal = if is_detached { Terminal::None } else { streams.terminal };
    let outcome = connection.exec_for_user(command, terminal, streams.stdio).await?;
    if is_detached && outcome.code() == exit::OK {
        reporter.say(&format!(
            "output is in the container's journal: `cai exec -- journalctl -t {JOURNAL_IDENTIFIER}`"
        ));
    }
    Ok(outcome.code())
}
