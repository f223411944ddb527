//! The program that runs agent sessions in a container.

use std::ffi::OsString;

use containai_core::agent_session::AgentSessionStart;
use containai_core::layout::{CONTAINER_SESSION_RECORDS, CONTAINER_SESSION_SOCKETS};
use containai_core::naming::AgentSessionName;
use containai_ssh::{Command, CommandError, LaunchMode, TerminalSize};

/// The script. It goes with each command, so that a container of any version can run it.
const SCRIPT: &str = include_str!("session_script.sh");
/// Its exit status if the session does not run.
pub(crate) const NOT_ATTACHED: u8 = 119;
/// Its exit status for the removal of a session that runs.
pub(crate) const IS_LIVE: u8 = 3;

/// A session to start.
pub(crate) struct NewSession<'a> {
    /// Its name; `None` is the first free one of `base`.
    pub(crate) name: Option<&'a AgentSessionName>,
    pub(crate) base: &'a AgentSessionName,
    pub(crate) start: &'a AgentSessionStart,
    pub(crate) clipboard: ClipboardAccess,
    pub(crate) size: TerminalSize,
    /// The program and its arguments.
    pub(crate) words: &'a [OsString],
}

/// Whether programs in the session may write to the clipboard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ClipboardAccess {
    Refused,
    Allowed,
}

/// Whether a new session gets the terminal of its command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NewSessionTerminal {
    Attached,
    Detached,
}

impl NewSession<'_> {
    /// Returns the command that starts the session: attached, it ends as the agent does.
    pub(crate) fn command(&self, terminal: NewSessionTerminal) -> Result<Command, CommandError> {
        let verb = match terminal {
            NewSessionTerminal::Attached => "run",
            NewSessionTerminal::Detached => "detach",
        };
        let clipboard = match self.clipboard {
            ClipboardAccess::Refused => "off",
            ClipboardAccess::Allowed => "on",
        };
        let name = self.name.map(AgentSessionName::as_str).unwrap_or_default();
        let (columns, rows) = (self.size.columns.to_string(), self.size.rows.to_string());
        let line = self.start.to_line();
        let arguments = [name, self.base.as_str(), &line, clipboard, &columns, &rows];
        let arguments = arguments.into_iter().map(OsString::from).chain(self.words.iter().cloned());
        Ok(command(verb, arguments)?.with_launch(LaunchMode::Login))
    }
}

/// Returns the command for a verb of the script.
pub(crate) fn command(
    verb: &str,
    arguments: impl IntoIterator<Item = impl Into<OsString>>,
) -> Result<Command, CommandError> {
    let words = ["sh", "-c", SCRIPT, "containai-session"];
    let places = [CONTAINER_SESSION_RECORDS, CONTAINER_SESSION_SOCKETS, verb];
    let words = words.into_iter().chain(places).map(OsString::from);
    Command::new(words.chain(arguments.into_iter().map(Into::into)))
}
