//! Which agent is started.

use super::{Kind, Scope, SettingSpec};
use crate::config::Trust;
use crate::naming::AgentName;

/// The agent that `run` starts where no command is given; default `claude`.
///
/// The workspace may choose: the agent runs inside, and the name can be
/// nothing but the name of an agent.
pub(in crate::config) const AGENT: SettingSpec = SettingSpec {
    key: "agent.default",
    scope: Scope::Either("agent"),
    env: Some("CONTAINAI_AGENT"),
    flag: Some("--agent"),
    trust: Trust::Harmless,
    kind: Kind::Text("the name of an agent"),
    default: "claude",
    summary: "agent that `cai run` starts where no command is given",
    check: |text| Ok(AgentName::parse(text).map(drop)?),
};
