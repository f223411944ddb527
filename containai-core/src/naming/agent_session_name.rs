//! Names of agent sessions.

use super::alphabet::is_made_of;
use super::newtype::{parses_from_text, reads_as_text};

/// The name of an agent session: lower-case letters, digits, `_` and `-`, beginning with a letter
/// or digit, at most 40 characters. It is also the name of its files in the container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentSessionName(String);

reads_as_text!(AgentSessionName);
parses_from_text!(AgentSessionName, AgentSessionNameError);

impl AgentSessionName {
    /// The maximum length of a name.
    pub const MAX_LEN: usize = 40;

    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`AgentSessionNameError`] if it is empty, too long, or contains a character that is not
    /// allowed.
    pub fn parse(text: &str) -> Result<Self, AgentSessionNameError> {
        if text.len() <= Self::MAX_LEN && is_made_of(text, is_first, is_rest) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AgentSessionNameError { text: text.to_owned() })
        }
    }

    /// Returns the default name of the first session of an agent. The container appends `-2` and so
    /// on while a session has the name.
    #[must_use]
    pub fn of_agent(agent: &super::AgentName) -> Self {
        let allowed = |c: char| if is_rest(c) { c } else { '-' };
        let name: String = agent.as_str().chars().map(allowed).take(Self::MAX_LEN - 4).collect();
        Self(name)
    }
}

/// The text is not a valid name of an agent session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a valid session name: expected up to 40 lower-case letters, digits, `_` and `-`, beginning with a letter or digit",
    text.escape_debug()
)]
#[non_exhaustive]
pub struct AgentSessionNameError {
    /// The given text.
    pub text: String,
}

fn is_first(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_rest(c: char) -> bool {
    is_first(c) || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::AgentName;

    #[test]
    fn names_are_plain_words() {
        for good in ["claude", "claude-2", "0", "a_b"] {
            assert!(AgentSessionName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a.log", "A", "a b", "a/b", "é", "a\n", &"a".repeat(41)] {
            assert!(AgentSessionName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_agent_gives_a_name() {
        for agent in ["claude", "my.agent", &"a".repeat(90)] {
            let name = AgentSessionName::of_agent(&AgentName::parse(agent).expect("a name"));
            assert!(AgentSessionName::parse(name.as_str()).is_ok(), "{agent}");
        }
    }
}
