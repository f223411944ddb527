//! The default agent.

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
