//! Errors in a configuration.

use std::error::Error;

use super::{Origin, TextPosition};
use crate::exit;
use crate::hint::{Advice, Hint};
use crate::naming::PortRangeError;

/// The reason why a value is invalid.
pub(super) type ValueError = Box<dyn Error + Send + Sync>;

/// A configuration is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The user's file is not TOML; usually a typing error.
    #[error("`{position}` is not valid TOML: {message} at `{text}`")]
    Syntax {
        /// The position of the error.
        position: TextPosition,
        /// The message of the TOML parser.
        message: String,
        /// The line.
        text: String,
    },
    /// A key is unknown: misspelt, or from another version.
    #[error("`{position}`: unknown setting `{key}`")]
    UnknownKey {
        /// The position.
        position: TextPosition,
        /// The key.
        key: String,
        /// The closest known key.
        nearest: Option<&'static str>,
    },
    /// A value has the wrong type, for example a table in place of a string.
    #[error("`{position}`: `{key}` must be {expected}, not `{text}`")]
    WrongType {
        /// The position.
        position: TextPosition,
        /// The key.
        key: String,
        /// The expected type.
        expected: String,
        /// The value.
        text: String,
    },
    /// A value is invalid for its setting.
    #[error("`{position}`: `{key}` cannot be `{}`", text.escape_debug())]
    InvalidValue {
        /// The position.
        position: TextPosition,
        /// The key.
        key: &'static str,
        /// The value.
        text: String,
        /// The reason.
        source: ValueError,
    },
    /// An environment variable has a value that is invalid for its setting.
    #[error("the environment variable `{name}` cannot be `{}`", text.escape_debug())]
    InvalidVariable {
        /// The variable.
        name: &'static str,
        /// The value.
        text: String,
        /// The reason.
        source: ValueError,
    },
    /// A workspace table is not named by an absolute path.
    #[error("`{position}`: `workspace.\"{}\"` is not an absolute path", text.escape_debug())]
    InvalidSection {
        /// The position.
        position: TextPosition,
        /// The name of the table.
        text: String,
    },
    /// The first and last port form an invalid range.
    #[error(
        "`ssh.port_range_start` ({start}) and `ssh.port_range_end` ({end}) form an invalid range"
    )]
    InvalidPortRange {
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
            | Self::WrongType { .. }
            | Self::InvalidValue { .. }
            | Self::InvalidSection { .. } => {
                vec![Hint::new(
                    "correct that line; `cai config edit` checks the file before saving it",
                )]
            }
            Self::InvalidVariable { name, .. } => {
                vec![Hint::new(format!("unset or correct `{name}`"))]
            }
            Self::InvalidPortRange { .. } => vec![Hint::new("set both with `cai config set`")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::{HostPort, HostPortError};
    use crate::{samples, testing};

    #[test]
    fn messages_and_hints() -> Result<(), HostPortError> {
        let path = || "/home/me/.config/containai/config.toml".into();
        let position = || TextPosition { path: path(), line: 3, column: 7 };
        let unknown = |key: &str, nearest| ConfigError::UnknownKey {
            position: position(),
            key: key.to_owned(),
            nearest,
        };
        let ends = (HostPort::new(2400)?, HostPort::new(2300)?);
        let samples = samples!(ConfigError {
            Syntax: [ConfigError::Syntax {
                position: position(),
                message: "missing value".into(),
                text: "image =".into(),
            }],
            UnknownKey: [
                unknown("agent.defualt", Some("agent.default")),
                unknown("telemetry", None)
            ],
            WrongType: [ConfigError::WrongType {
                position: position(),
                key: "ssh.mux".into(),
                expected: "true or false".into(),
                text: "7".into(),
            }],
            InvalidValue: [ConfigError::InvalidValue {
                position: position(),
                key: "ssh.port_range_start",
                text: "80".into(),
                source: PortRangeError::Privileged { port: HostPort::new(80)? }.into(),
            }],
            InvalidVariable: [ConfigError::InvalidVariable {
                name: "CONTAINAI_AGENT",
                text: "a b".into(),
                source: "a reason".into(),
            }],
            InvalidSection: [ConfigError::InvalidSection {
                position: position(),
                text: "src/api".into()
            }],
            InvalidPortRange: [ConfigError::InvalidPortRange {
                start: Origin::User(path()),
                end: Origin::Default,
                source: PortRangeError::Reversed { start: ends.0, end: ends.1 },
            }],
        });
        insta::assert_snapshot!(testing::render_errors_with_hints(&samples));
        Ok(())
    }
}
