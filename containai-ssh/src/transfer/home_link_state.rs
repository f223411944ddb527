//! The states of links that are missing or wrong.

use std::fmt;
use std::str::FromStr;

/// The prefix of a blocked state in the reply of the script and in its text.
const BLOCKED: &str = "in the way: ";

/// The state of a link in the home directory that is not as it should be.
///
/// A container reports it, so the text may be anything on one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HomeLinkState {
    /// Something else is in its place, which no repair replaces; the text is the reason.
    Blocked(String),
    /// It is missing, has another target, or is a file that it may replace.
    Repairable(String),
}

impl HomeLinkState {
    /// Whether something else is in the place of the link.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        matches!(self, Self::Blocked(_))
    }
}

impl FromStr for HomeLinkState {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix(BLOCKED) {
            Some(why) => Self::Blocked(why.to_owned()),
            None => Self::Repairable(text.to_owned()),
        })
    }
}

impl fmt::Display for HomeLinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked(why) => write!(f, "{BLOCKED}{why}"),
            Self::Repairable(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_the_text_that_it_was_parsed_from() {
        let parse = |text: &str| -> HomeLinkState {
            let Ok(state) = text.parse::<HomeLinkState>();
            assert_eq!(state.to_string(), text);
            state
        };
        assert_eq!(parse("in the way: a file"), HomeLinkState::Blocked("a file".to_owned()));
        assert!(!parse("missing").is_blocked());
        assert!(!parse("in the way").is_blocked());
    }
}
