//! The default agent.

use std::fmt;
use std::str::FromStr;

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::naming::AgentName;

/// The agent that `run` starts by default; default `claude`.
///
/// The workspace may choose it: the agent runs in the container, and the value can only be an
/// agent's name.
pub(in crate::config) const AGENT: SettingSpec = SettingSpec {
    key: "agent.default",
    scope: SettingScope::UserOrWorkspace("agent"),
    env: Some("CONTAINAI_AGENT"),
    flag: Some("--agent"),
    trust: Trust::Always,
    kind: SettingKind::Text("an agent name"),
    default: "claude",
    summary: "agent that `cai run` starts by default",
    check: |text| Ok(AgentName::parse(text).map(drop)?),
};

/// Whether agents ask before they act; default `auto`.
///
/// Workspaces cannot set it, so that they cannot undo the user's choice.
pub(in crate::config) const AGENT_MODE: SettingSpec = SettingSpec {
    key: "agent.mode",
    scope: SettingScope::UserOrWorkspace("agent_mode"),
    env: None,
    flag: None,
    trust: Trust::Never,
    kind: SettingKind::Choice(&["auto", "ask"]),
    default: "auto",
    summary: "whether agents act without asking: `ask` starts them without the arguments of their manifests",
    check: |text| Ok(text.parse::<AgentMode>().map(drop)?),
};

/// Whether an agent asks before it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AgentMode {
    /// It acts without asking: the container is the limit.
    #[default]
    Auto,
    /// It asks as it does outside of a container.
    Ask,
}

impl fmt::Display for AgentMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Ask => "ask",
        })
    }
}

impl FromStr for AgentMode {
    type Err = UnknownAgentMode;

    fn from_str(text: &str) -> Result<Self, UnknownAgentMode> {
        match text {
            "auto" => Ok(Self::Auto),
            "ask" => Ok(Self::Ask),
            _ => Err(UnknownAgentMode { text: text.to_owned() }),
        }
    }
}

/// A text is not a mode of agents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not one of `auto`, `ask`", text.escape_debug())]
#[non_exhaustive]
pub struct UnknownAgentMode {
    /// The text.
    pub text: String,
}
