//! The record of an agent session.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::naming::AgentSessionName;
use crate::timestamp::Timestamp;

/// The facts that are known when a session starts. Its JSON form is the first line of the record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AgentSessionStart {
    /// The name of the agent.
    #[serde(default)]
    pub agent: String,
    /// The kind of start.
    #[serde(default)]
    pub mode: AgentSessionMode,
    /// The workspace on the host.
    #[serde(default)]
    pub workspace: String,
    /// The program and its arguments.
    #[serde(default)]
    pub argv: Vec<String>,
}

impl AgentSessionStart {
    /// Describes a session. `argv` is the program and its arguments.
    #[must_use]
    pub fn new(
        agent: impl Into<String>,
        mode: AgentSessionMode,
        workspace: impl Into<String>,
        argv: Vec<String>,
    ) -> Self {
        Self { agent: agent.into(), mode, workspace: workspace.into(), argv }
    }

    /// Returns the description as one line.
    #[must_use]
    pub fn to_line(&self) -> String {
        // It has only texts, so nothing can fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn of_line(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or_else(|_| {
            Self::new(String::new(), AgentSessionMode::default(), String::new(), Vec::new())
        })
    }
}

/// The kind of an agent's start.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AgentSessionMode {
    /// On a terminal.
    #[default]
    Interactive,
    /// Without a terminal, for one prompt.
    Prompt,
    /// On a terminal without an attached client.
    Detached,
}

impl fmt::Display for AgentSessionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Interactive => "interactive",
            Self::Prompt => "prompt",
            Self::Detached => "detached",
        })
    }
}

/// The end of an agent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgentSessionEnd {
    /// It exited with a status.
    Exit(u8),
    /// A signal ended it.
    Signal(u8),
}

impl AgentSessionEnd {
    /// Returns the exit code that reports it: the status, or 128 + the signal's number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Exit(status) => status,
            Self::Signal(number) => 128_u8.saturating_add(number),
        }
    }

    pub(super) fn parse(kind: &str, number: &str) -> Option<Self> {
        match (kind, number.parse().ok()?) {
            ("exit", status) => Some(Self::Exit(status)),
            ("signal", number @ 1..=64) => Some(Self::Signal(number)),
            _ => None,
        }
    }
}

impl fmt::Display for AgentSessionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "exit status {status}"),
            Self::Signal(number) => write!(f, "signal {number}"),
        }
    }
}

/// The state of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AgentSessionState {
    /// The agent runs; the number of attached terminals.
    Running(u32),
    /// The agent runs, and rang the terminal's bell since the last terminal was detached.
    Waiting,
    /// The agent ended.
    Ended(AgentSessionEnd),
    /// The agent ended with its container or its tmux server, and nothing recorded how.
    Interrupted,
}

impl AgentSessionState {
    /// Whether the agent runs.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Running(_) | Self::Waiting)
    }
}

impl fmt::Display for AgentSessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(0) => f.write_str("running"),
            Self::Running(_) => f.write_str("attached"),
            Self::Waiting => f.write_str("waiting"),
            Self::Ended(end) => end.fmt(f),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// A session of a container.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AgentSession {
    /// The name.
    pub name: AgentSessionName,
    /// The facts that were known when it started, as the container says.
    pub start: AgentSessionStart,
    /// The time of the start.
    pub started: Option<Timestamp>,
    /// The time of the end.
    pub ended: Option<Timestamp>,
    /// The state.
    pub state: AgentSessionState,
    /// Whether the container was restarted since.
    pub is_of_earlier_boot: bool,
}
