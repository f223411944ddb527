//! What can be wrong with a configuration.

use std::error::Error;

use super::{Origin, Place};
use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::PortRangeError;

/// The cause of a value's refusal.
pub(super) type Cause = Box<dyn Error + Send + Sync>;

/// A configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The user's file is not TOML: a typing error.
    #[error("`{place}` is not valid TOML: {message} at `{text}`")]
    Syntax {
        /// Where reading stopped.
        place: Place,
        /// What TOML expects there.
        message: String,
        /// The line.
        text: String,
    },
    /// A key that nothing reads: misspelt, or of another version.
    #[error("`{place}`: there is no setting `{key}`")]
    UnknownKey {
        /// Where it stands.
        place: Place,
        /// The key.
        key: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A table where a value belongs, or the other way round.
    #[error("`{place}`: `{key}` must be {expected}, not `{text}`")]
    WrongKind {
        /// Where it stands.
        place: Place,
        /// The key.
        key: String,
        /// What belongs there.
        expected: String,
        /// What stands there.
        text: String,
    },
    /// A value that the setting does not take.
    #[error("`{place}`: `{key}` cannot be `{}`", text.escape_debug())]
    Value {
        /// Where it stands.
        place: Place,
        /// The key.
        key: &'static str,
        /// The value.
        text: String,
        /// What is wrong with it.
        source: Cause,
    },
    /// A variable of the environment that holds what its setting does not take.
    #[error("the environment variable `{name}` cannot be `{}`", text.escape_debug())]
    Variable {
        /// The variable.
        name: &'static str,
        /// Its value.
        text: String,
        /// What is wrong with it.
        source: Cause,
    },
    /// A section for a workspace that is not named by an absolute path.
    #[error("`{place}`: `workspace.\"{}\"` is for no absolute path", text.escape_debug())]
    Section {
        /// Where it stands.
        place: Place,
        /// What stands in place of the path.
        text: String,
    },
    /// The first and the last port make no range.
    #[error("`ssh.port_range_start` ({start}) and `ssh.port_range_end` ({end}) do not fit")]
    Ports {
        /// Where the first port comes from.
        start: Origin,
        /// Where the last port comes from.
        end: Origin,
        /// What is wrong with them.
        source: PortRangeError,
    },
}

impl Advice for ConfigError {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::UnknownKey { nearest: Some(nearest), .. } => {
                vec![Hint::new(format!("did you mean `{nearest}`?"))]
            }
            _ => Vec::new(),
        }
    }
}
