//! The output of `cai agents`.

use containai::agents::{AgentLoginPresence, InstalledAgent};
use schemars::JsonSchema;
use serde::Serialize;

use super::table;

/// One element of the output of `cai agents --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct AgentEntry {
    /// The agent's name.
    agent: String,
    /// The output of its program for `--version`; absent if it prints nothing in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether a login or a key is there; absent if it is not known where the agent keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    logged_in: Option<bool>,
}

impl From<&InstalledAgent> for AgentEntry {
    fn from(agent: &InstalledAgent) -> Self {
        Self {
            agent: agent.name.clone(),
            version: agent.version.clone(),
            logged_in: match agent.login {
                AgentLoginPresence::Present => Some(true),
                AgentLoginPresence::Missing => Some(false),
                AgentLoginPresence::Unknown => None,
            },
        }
    }
}

/// The table of `cai agents`.
pub(crate) fn table(entries: &[AgentEntry]) -> String {
    let login = |entry: &AgentEntry| match entry.logged_in {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let row = |entry: &AgentEntry| {
        vec![entry.agent.clone(), entry.version.clone().unwrap_or_default(), login(entry).into()]
    };
    table::table(&["AGENT", "VERSION", "LOGGED IN"], &entries.iter().map(row).collect::<Vec<_>>())
}
