//! Errors in a configuration.

use std::error::Error;

use super::{Origin, Place};
use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::PortRangeError;

/// The reason why a value is invalid.
pub(super) type Cause = Box<dyn Error + Send + Sync>;

/// A configuration is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The user's file is not TOML; usually a typing error.
    #[error("`{place}` is not valid TOML: {message} at `{text}`")]
    Syntax {
        /// The position of the error.
        place: Place,
        /// The message of the TOML parser.
        message: String,
        /// The line.
        text: String,
    },
    /// A key is unknown: misspelt, or from another version.
    #[error("`{place}`: unknown setting `{key}`")]
    UnknownKey {
        /// The position.
        place: Place,
        /// The key.
        key: String,
        /// The closest known key.
        nearest: Option<&'static str>,
    },
    /// A value has the wrong type, for example a table in place of a string.
    #[error("`{place}`: `{key}` must be {expected}, not `{text}`")]
    WrongKind {
        /// The position.
        place: Place,
        /// The key.
        key: String,
        /// The expected type.
        expected: String,
        /// The value.
        text: String,
    },
    /// A value is invalid for its setting.
    #[error("`{place}`: `{key}` cannot be `{}`", text.escape_debug())]
    Value {
        /// The position.
        place: Place,
        /// The key.
        key: &'static str,
        /// The value.
        text: String,
        /// The reason.
        source: Cause,
    },
    /// An environment variable has a value that is invalid for its setting.
    #[error("the environment variable `{name}` cannot be `{}`", text.escape_debug())]
    Variable {
        /// The variable.
        name: &'static str,
        /// The value.
        text: String,
        /// The reason.
        source: Cause,
    },
    /// A workspace table is not named by an absolute path.
    #[error("`{place}`: `workspace.\"{}\"` is not an absolute path", text.escape_debug())]
    Section {
        /// The position.
        place: Place,
        /// The name of the table.
        text: String,
    },
    /// The first and last port form an invalid range.
    #[error(
        "`ssh.port_range_start` ({start}) and `ssh.port_range_end` ({end}) form an invalid range"
    )]
    Ports {
        /// The origin of the first port.
        start: Origin,
        /// The origin of the last port.
        end: Origin,
        /// The reason.
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
            Self::UnknownKey { .. } => {
                vec![Hint::run("cai config list", "list all settings")]
            }
            Self::Syntax { .. }
            | Self::WrongKind { .. }
            | Self::Value { .. }
            | Self::Section { .. } => {
                vec![Hint::new(
                    "correct that line; `cai config edit` checks the file before saving it",
                )]
            }
            Self::Variable { name, .. } => vec![Hint::new(format!("unset or correct `{name}`"))],
            Self::Ports { .. } => vec![Hint::new("set both with `cai config set`")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::{HostPort, HostPortError};
    use crate::{fake, samples};

    #[test]
    fn what_a_person_reads() -> Result<(), HostPortError> {
        let path = || "/home/me/.config/containai/config.toml".into();
        let place = || Place { path: path(), line: 3, column: 7 };
        let unknown = |key: &str, nearest| ConfigError::UnknownKey {
            place: place(),
            key: key.to_owned(),
            nearest,
        };
        let ends = (HostPort::new(2400)?, HostPort::new(2300)?);
        let samples = samples!(ConfigError {
            Syntax: [ConfigError::Syntax {
                place: place(),
                message: "missing value".into(),
                text: "image =".into(),
            }],
            UnknownKey: [
                unknown("agent.defualt", Some("agent.default")),
                unknown("telemetry", None)
            ],
            WrongKind: [ConfigError::WrongKind {
                place: place(),
                key: "ssh.mux".into(),
                expected: "true or false".into(),
                text: "7".into(),
            }],
            Value: [ConfigError::Value {
                place: place(),
                key: "ssh.port_range_start",
                text: "80".into(),
                source: PortRangeError::Privileged { port: HostPort::new(80)? }.into(),
            }],
            Variable: [ConfigError::Variable {
                name: "CONTAINAI_AGENT",
                text: "a b".into(),
                source: "a reason".into(),
            }],
            Section: [ConfigError::Section { place: place(), text: "src/api".into() }],
            Ports: [ConfigError::Ports {
                start: Origin::User(path()),
                end: Origin::Default,
                source: PortRangeError::Reversed { start: ends.0, end: ends.1 },
            }],
        });
        insta::assert_snapshot!(fake::advised(&samples));
        Ok(())
    }
}
