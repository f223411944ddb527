//! Agent sessions as the command of a session.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;

use containai_core::agent_session::{AgentSessionMode, AgentSessionStart};
use containai_core::config::Config;
use containai_core::engine::Lifetime;
use containai_core::hint::Hint;
use containai_core::manifest::Agent;
use containai_core::naming::{AgentSessionName, WorkspacePath};
use containai_core::remote::RemoteError;
use containai_ssh::{Command, CommandError, Output, Terminal, TerminalSize};

use super::Streams;
use crate::error::{Error, OperationError};
use crate::report::Reporter;
use crate::session_script::{ClipboardAccess, NewSession, NewSessionTerminal};

/// The smallest terminal of an agent session.
const MIN_SIZE: TerminalSize = TerminalSize { columns: 20, rows: 5 };

/// Whether an agent runs in an agent session, which outlives its connection.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LaunchSession {
    /// In one that the terminal is attached to, if there is a terminal and the container is not
    /// ephemeral. The name is that of the agent unless it is given.
    Attached(Option<AgentSessionName>),
    /// In one that no terminal is attached to; its name is printed.
    Detached(Option<AgentSessionName>),
    /// In none: the agent ends with the connection.
    None,
}

impl Default for LaunchSession {
    fn default() -> Self {
        Self::Attached(None)
    }
}

/// The facts that decide on the start of an agent.
pub(super) struct LaunchPlace<'a> {
    pub(super) config: &'a Config,
    pub(super) workspace: &'a WorkspacePath,
    pub(super) lifetime: Lifetime,
    /// The agent's manifest.
    pub(super) agent: Option<&'a Agent>,
}

impl LaunchSession {
    /// Returns the command that starts the words in an agent session; `None` if they are started
    /// without one. `arguments` are those of the user.
    pub(super) fn command(
        &self,
        place: &LaunchPlace<'_>,
        terminal: &Terminal,
        words: &[OsString],
        arguments: &[OsString],
    ) -> Result<Option<Command>, OperationError> {
        let is_brief = is_brief(place.agent, arguments) || place.lifetime == Lifetime::Session;
        match (self, terminal) {
            (Self::None, _) => Ok(None),
            (Self::Detached(name), _) => {
                place.start(name.as_ref(), NewSessionTerminal::Detached, words, terminal)
            }
            (Self::Attached(name), Terminal::Request { .. }) if !is_brief => {
                check_terminal(terminal)?;
                place.start(name.as_ref(), NewSessionTerminal::Attached, words, terminal)
            }
            (Self::Attached(None), _) => Ok(None),
            (Self::Attached(Some(_)), _) => {
                let message = "a named session needs a terminal, an interactive agent and a container that is kept";
                Err(OperationError::usage(message)
                    .hint(Hint::new("`--detach` starts it without a terminal")))
            }
        }
    }
}

impl LaunchPlace<'_> {
    /// Returns the command of a new session.
    fn start(
        &self,
        name: Option<&AgentSessionName>,
        new_terminal: NewSessionTerminal,
        words: &[OsString],
        terminal: &Terminal,
    ) -> Result<Option<Command>, OperationError> {
        let mode = match new_terminal {
            NewSessionTerminal::Attached => AgentSessionMode::Interactive,
            NewSessionTerminal::Detached => AgentSessionMode::Detached,
        };
        let size = match terminal {
            Terminal::Request { size, .. } => *size,
            _ => TerminalSize::default(),
        };
        let agent = &self.config.agent.value;
        let argv = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let start = AgentSessionStart::new(agent.as_str(), mode, self.workspace.as_str(), argv);
        let new = NewSession {
            name,
            base: &AgentSessionName::of_agent(agent),
            start: &start,
            clipboard: match self.config.terminal_clipboard.value {
                true => ClipboardAccess::Allowed,
                false => ClipboardAccess::Refused,
            },
            size,
            words,
        };
        let invalid = |error: CommandError| OperationError::usage(error.to_string());
        new.command(new_terminal).map(Some).map_err(invalid)
    }
}

/// Whether the arguments make the agent print something and exit: its own subcommands, help and the
/// version. Under tmux, their output would vanish.
fn is_brief(agent: Option<&Agent>, arguments: &[OsString]) -> bool {
    let Some(first) = arguments.first().map(OsString::as_os_str) else { return false };
    let subcommands = agent.map(|it| it.subcommands.as_slice()).unwrap_or_default();
    ["-h", "--help", "-V", "-v", "--version"].iter().any(|it| first == OsStr::new(it))
        || subcommands.iter().any(|it| first == OsStr::new(it))
}

/// Refuses a terminal that no agent session can be shown on.
pub(crate) fn check_terminal(terminal: &Terminal) -> Result<(), OperationError> {
    match terminal {
        Terminal::Request { size, .. }
            if size.columns >= MIN_SIZE.columns && size.rows >= MIN_SIZE.rows =>
        {
            Ok(())
        }
        Terminal::Request { size, .. } => Err(OperationError::usage(format!(
            "the terminal has {} columns and {} rows: an agent session needs {} and {}",
            size.columns, size.rows, MIN_SIZE.columns, MIN_SIZE.rows
        ))
        .hint(Hint::new("enlarge it, or start the agent with `--no-session`"))),
        _ => Err(OperationError::usage("an agent session needs a terminal").hint(Hint::new(
            "`cai session logs` prints its output, and `cai session send` types into it",
        ))),
    }
}

/// The screen of a terminal on which an agent session is shown.
pub(crate) struct SessionScreen(Option<File>);

impl SessionScreen {
    /// Restores a terminal, as tmux does when it ends: the screen, the colors, the cursor, and the
    /// reports of keys, of the mouse, of pasted text and of the focus. See ctlseqs of xterm.
    const RESTORE: &[u8] = b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[>4m\x1b[?1l\x1b>\x1b[r\x1b[m\x1b[?1049l\x1b[?25h";

    pub(crate) fn of(streams: &Streams) -> Self {
        match (&streams.terminal, &streams.stdio.output) {
            (Terminal::Request { .. }, Output::File(file)) => Self(file.try_clone().ok()),
            _ => Self(None),
        }
    }

    /// If the connection of an agent session was lost, restores the terminal, and says how to come
    /// back.
    pub(crate) fn after<T>(
        self,
        outcome: crate::Result<T>,
        reporter: &Reporter,
    ) -> crate::Result<T> {
        if let Some(RemoteError::Connection { .. }) = outcome.as_ref().err().and_then(Error::find) {
            if let Some(mut file) = self.0 {
                // A terminal that is gone needs no restoration.
                let _ = file.write_all(Self::RESTORE);
            }
            reporter.say("the agent continues in the container; `cai attach` comes back to it");
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brief_commands_need_no_session() {
        let agent = Agent { subcommands: vec!["mcp".to_owned()], ..Agent::default() };
        let check = |words: &[&str], expected: bool| {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            assert_eq!(is_brief(Some(&agent), &words), expected, "{words:?}");
        };
        check(&["--version"], true);
        check(&["mcp", "list"], true);
        check(&[], false);
        check(&["--continue"], false);
        check(&["explain", "mcp"], false);
    }

    #[test]
    fn small_terminals_are_refused() {
        let check = |columns, rows| {
            let size = TerminalSize { columns, rows };
            check_terminal(&Terminal::Request { term: "xterm".to_owned(), size })
        };
        assert!(check(20, 5).is_ok());
        let error = check(19, 5).expect_err("too narrow").to_string();
        assert_eq!(
            error,
            "the terminal has 19 columns and 5 rows: an agent session needs 20 and 5"
        );
        assert!(check(80, 4).is_err() && check_terminal(&Terminal::None).is_err());
    }
}
