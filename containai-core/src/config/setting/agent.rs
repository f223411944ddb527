//! Which agent is started.

use super::SettingSpec;
use crate::config::Trust;

/// The agent that `run` starts where no command is given; default `claude`.
///
/// The workspace may choose: the agent runs inside, and the name can be
/// nothing but the name of an agent.
pub(in crate::config) const AGENT: SettingSpec = SettingSpec {
    key: "agent.default",
    section_key: Some("agent"),
    env: Some("CONTAINAI_AGENT"),
    flag: Some("--agent"),
    trust: Trust::Harmless,
};
