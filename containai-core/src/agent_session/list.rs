//! The list of a container's sessions.

use super::{AgentSession, AgentSessionEnd, AgentSessionStart, AgentSessionState};
use crate::naming::AgentSessionName;
use crate::timestamp::Timestamp;

/// The maximum number of sessions in a list.
const MAX_SESSIONS: usize = 256;

/// Parses the list that a container prints: the time of its boot, then for each session a line with
/// its name, its clients and its bell, and the lines of its record. What is not well-formed is
/// skipped. The sessions are in the order of their names.
#[must_use]
pub fn parse_list(text: &str) -> Vec<AgentSession> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut boot = "";
    for line in text.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        match *words.as_slice() {
            ["boot", ticks] if blocks.is_empty() => boot = ticks,
            ["session", name, server] => blocks.push(Block { name, server, record: Vec::new() }),
            _ => {
                if let Some(block) = blocks.last_mut() {
                    block.record.push(line);
                }
            }
        }
    }
    blocks.truncate(MAX_SESSIONS);
    let mut sessions: Vec<_> = blocks.iter().filter_map(|block| block.session(boot)).collect();
    sessions.sort_by(|a, b| a.name.cmp(&b.name));
    sessions.dedup_by(|a, b| a.name == b.name);
    sessions
}

struct Block<'t> {
    name: &'t str,
    /// The number of clients and the bell, or `-` if no server answers.
    server: &'t str,
    record: Vec<&'t str>,
}

impl Block<'_> {
    fn session(&self, boot: &str) -> Option<AgentSession> {
        let name = AgentSessionName::parse(self.name).ok()?;
        let (description, rest) = self.record.split_first()?;
        let field = |key: &str| rest.iter().find_map(|line| line.strip_prefix(key));
        let time = |text: &str| text.parse().ok().map(Timestamp::from_unix);
        let words: Vec<&str> = field("ended ").unwrap_or_default().split(' ').collect();
        let (ended, end) = match *words.as_slice() {
            [at, kind, number] => (time(at), AgentSessionEnd::parse(kind, number)),
            _ => (None, None),
        };
        let state = match (end, self.server.split_once(' ')) {
            (Some(end), _) => AgentSessionState::Ended(end),
            (None, Some(("0", "1"))) => AgentSessionState::Waiting,
            (None, Some((clients, _))) => AgentSessionState::Running(clients.parse().unwrap_or(0)),
            (None, None) => AgentSessionState::Interrupted,
        };
        Some(AgentSession {
            name,
            start: AgentSessionStart::of_line(description),
            started: field("started ").and_then(time),
            ended,
            state,
            is_of_earlier_boot: field("boot ") != Some(boot),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agent_session::AgentSessionMode;

    const LIST: &str = "boot\t77\n\
        session\tclaude\t1 0\n\
        {\"agent\":\"claude\",\"mode\":\"interactive\",\"workspace\":\"/src/api\",\"argv\":[\"claude\",\"a b\"]}\n\
        boot 77\nstarted 1764590000\n\
        session\tcodex-2\t0 1\nnot JSON\nboot 77\nstarted 1764590001\n\
        session\tgone\t-\n{}\nboot 5\nstarted 1764580000\n\
        session\told\t-\n{\"mode\":\"detached\"}\nboot 5\nstarted 1764580000\nended 1764580009 signal 9\n\
        session\t../etc\t-\n{}\nstarted 1\n\
        session\tempty\t-\n";

    #[test]
    fn sessions_have_their_states() {
        let sessions = parse_list(LIST);
        let lines: Vec<_> = sessions
            .iter()
            .map(|it| format!("{} {} {}", it.name, it.state, it.is_of_earlier_boot))
            .collect();
        assert_eq!(
            lines,
            [
                "claude attached false",
                "codex-2 waiting false",
                "gone interrupted true",
                "old signal 9 true"
            ]
        );
        assert_eq!(sessions[0].start.argv, ["claude", "a b"]);
        assert_eq!(sessions[0].started, Some(Timestamp::from_unix(1_764_590_000)));
        assert_eq!(sessions[3].ended, Some(Timestamp::from_unix(1_764_580_009)));
        assert_eq!(sessions[3].start.mode, AgentSessionMode::Detached);
    }

    #[test]
    fn a_description_is_one_line() {
        let start = AgentSessionStart::new(
            "claude",
            AgentSessionMode::Detached,
            "/src/a\nb",
            vec!["claude".into(), "two\nlines".into()],
        );
        let line = start.to_line();
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(AgentSessionStart::of_line(&line), start);
    }

    proptest! {
        #[test]
        fn any_text_is_accepted(text in "(boot|session|\\PC|\t|\n| |[0-9])*") {
            for session in parse_list(&text) {
                prop_assert!(AgentSessionName::parse(session.name.as_str()).is_ok());
            }
        }
    }
}
