//! A command, attended until its end.

use containai_core::exit;
use containai_ssh::{Command, JOURNAL_IDENTIFIER, LaunchMode, Stdio, Terminal};

use crate::connection::SessionConnection;
use crate::report::Reporter;

/// The streams of a command in the container.
#[derive(Debug)]
pub struct Streams {
    /// The terminal that it gets, if it is not detached.
    pub terminal: Terminal,
    /// Standard input, output and error.
    pub stdio: Stdio,
}

/// Runs the command and returns its exit status.
pub async fn exec_attached(
    passage: SessionConnection,
    command: &Command,
    streams: Streams,
    reporter: &Reporter,
) -> crate::Result<u8> {
    reporter.finish_work();
    let is_left_behind = command.launch() == LaunchMode::Detached;
    let terminal = if is_left_behind { Terminal::None } else { streams.terminal };
    let outcome = passage.exec(command, terminal, streams.stdio).await?;
    if is_left_behind && outcome.code() == exit::OK {
        reporter.say(&format!(
            "output is in the container's journal: `cai exec -- journalctl -t {JOURNAL_IDENTIFIER}`"
        ));
    }
    Ok(outcome.code())
}
