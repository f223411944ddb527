//! The output of `cai session list`.

use containai::report::escape_control;
use containai_core::agent_session::{AgentSession, AgentSessionEnd, AgentSessionState};
use schemars::JsonSchema;
use serde::Serialize;

use super::table;

/// One session in the output of `cai session list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct AgentSessionEntry {
    /// Its name.
    name: String,
    /// Its state: `running`, `attached`, `waiting`, `ended` or `interrupted`.
    state: String,
    /// The agent.
    agent: String,
    /// The kind of start: `interactive`, `prompt` or `detached`.
    mode: String,
    /// The workspace on the host.
    workspace: String,
    /// The program and its arguments.
    argv: Vec<String>,
    /// The time of its start, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    /// The time of its end, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// The exit status of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<u8>,
    /// The signal that ended the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<u8>,
    #[serde(skip)]
    shown: String,
}

impl AgentSessionEntry {
    pub(crate) fn of(session: &AgentSession) -> Self {
        let AgentSession { name, start, started, ended, state, .. } = session;
        let end = match state {
            AgentSessionState::Ended(end) => Some(*end),
            _ => None,
        };
        Self {
            name: name.to_string(),
            state: if end.is_some() { "ended".to_owned() } else { state.to_string() },
            agent: escape_control(&start.agent),
            mode: start.mode.to_string(),
            workspace: escape_control(&start.workspace),
            argv: start.argv.iter().map(|it| escape_control(it)).collect(),
            started: started.map(|it| it.to_string()),
            ended: ended.map(|it| it.to_string()),
            exit_status: end.and_then(|end| match end {
                AgentSessionEnd::Exit(status) => Some(status),
                AgentSessionEnd::Signal(_) => None,
            }),
            signal: end.and_then(|end| match end {
                AgentSessionEnd::Signal(number) => Some(number),
                AgentSessionEnd::Exit(_) => None,
            }),
            shown: state.to_string(),
        }
    }
}

/// The table of `cai session list`.
pub(crate) fn table(entries: &[AgentSessionEntry]) -> String {
    let row = |entry: &AgentSessionEntry| {
        let time = |time: &Option<String>| time.clone().unwrap_or_default();
        let (name, state) = (entry.name.clone(), entry.shown.clone());
        let (agent, mode) = (entry.agent.clone(), entry.mode.clone());
        vec![name, state, agent, mode, time(&entry.started), time(&entry.ended)]
    };
    let rows: Vec<_> = entries.iter().map(row).collect();
    table::table(&["NAME", "STATE", "AGENT", "MODE", "STARTED", "ENDED"], &rows)
}

#[cfg(test)]
mod tests {
    use containai_core::agent_session::parse_list;

    use super::*;

    #[test]
    fn hostile_records_are_escaped() {
        let list = "boot\t1\nsession\tclaude\t1 0\n{\"agent\":\"cl\\u001b[31maude\",\"argv\":[\"a\\u0007\"]}\nstarted 1764590000\n\
                    session\told\t-\n{\"agent\":\"codex\",\"mode\":\"detached\"}\nstarted 1764580000\nended 1764580009 signal 9\n";
        let entries: Vec<_> = parse_list(list).iter().map(AgentSessionEntry::of).collect();
        insta::assert_snapshot!(table(&entries));
        insta::assert_json_snapshot!(entries);
    }
}
