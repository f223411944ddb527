//! The session that a command means.

use super::AgentSession;
use crate::naming::AgentSessionName;

/// The session that a command means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AgentSessionSelection {
    /// This one runs.
    Live(AgentSession),
    /// This one has ended.
    Ended(AgentSession),
    /// Several run, and none is named.
    Ambiguous(Vec<AgentSession>),
    /// There is none of this name, or none at all.
    Missing,
}

/// Selects a session: the named one, else the only one that runs, else the one that started last.
#[must_use]
pub fn select_session(
    sessions: Vec<AgentSession>,
    name: Option<&AgentSessionName>,
) -> AgentSessionSelection {
    let is_meant = |it: &AgentSession| name.is_none_or(|name| *name == it.name);
    let meant: Vec<_> = sessions.into_iter().filter(is_meant).collect();
    let mut live: Vec<_> = meant.iter().filter(|it| it.state.is_live()).cloned().collect();
    match (live.pop(), live.is_empty()) {
        (Some(only), true) => AgentSessionSelection::Live(only),
        (Some(last), false) => {
            live.push(last);
            AgentSessionSelection::Ambiguous(live)
        }
        (None, _) => match meant.into_iter().max_by_key(|it| it.started) {
            Some(last) => AgentSessionSelection::Ended(last),
            None => AgentSessionSelection::Missing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent_session::parse_list;

    fn selected(list: &[(&str, &str, u32)], name: Option<&str>) -> String {
        let records = list.iter().map(|(name, server, started)| {
            format!("session\t{name}\t{server}\n{{}}\nstarted {started}\n")
        });
        let sessions = parse_list(&records.collect::<String>());
        let name = name.map(|text| AgentSessionName::parse(text).expect("a name"));
        let names = |all: Vec<AgentSession>| {
            all.iter().map(|it| it.name.to_string()).collect::<Vec<_>>().join(",")
        };
        match select_session(sessions, name.as_ref()) {
            AgentSessionSelection::Live(it) => format!("live {}", it.name),
            AgentSessionSelection::Ended(it) => format!("ended {}", it.name),
            AgentSessionSelection::Ambiguous(all) => names(all),
            AgentSessionSelection::Missing => "missing".to_owned(),
        }
    }

    #[test]
    fn the_only_running_session_is_meant() {
        let (a, b, c) = (("a", "0 0", 1), ("b", "1 0", 2), ("c", "-", 9));
        assert_eq!(selected(&[a, c], None), "live a");
        assert_eq!(selected(&[a, b, c], None), "a,b");
        assert_eq!(selected(&[a, b, c], Some("b")), "live b");
        assert_eq!(selected(&[a, b, c], Some("c")), "ended c");
        assert_eq!(selected(&[("d", "-", 3), c], None), "ended c");
        assert_eq!(selected(&[a], Some("x")), "missing");
        assert_eq!(selected(&[], None), "missing");
    }
}
