//! The isolation of containers.

use std::fmt;
use std::str::FromStr;

use super::{SettingKind, SettingScope, SettingSpec};
use crate::config::Trust;
use crate::engine::Isolation;

/// The isolation of containers; default `auto`.
pub(in crate::config) const ISOLATION: SettingSpec = SettingSpec {
    key: "isolation",
    scope: SettingScope::User,
    env: Some("CONTAINAI_ISOLATION"),
    flag: Some("--isolation"),
    trust: Trust::Never,
    kind: SettingKind::Choice(&["auto", "sysbox", "userns"]),
    default: "auto",
    summary: "isolation of the container's root user from the host",
    check: |text| Ok(text.parse::<IsolationChoice>().map(drop)?),
};

/// The requested isolation. Running without isolation is not an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IsolationChoice {
    /// Sysbox where it works, user namespaces elsewhere.
    #[default]
    Auto,
    /// Only this isolation.
    Only(Isolation),
}

impl IsolationChoice {
    /// Whether an engine with this isolation satisfies the request.
    #[must_use]
    pub fn allows(self, isolation: Isolation) -> bool {
        matches!(self, Self::Auto) || self == Self::Only(isolation)
    }
}

impl fmt::Display for IsolationChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Only(isolation) => isolation.fmt(f),
        }
    }
}

impl FromStr for IsolationChoice {
    type Err = UnknownIsolation;

    fn from_str(text: &str) -> Result<Self, UnknownIsolation> {
        match text {
            "auto" => Ok(Self::Auto),
            "sysbox" => Ok(Self::Only(Isolation::Sysbox)),
            "userns" => Ok(Self::Only(Isolation::Userns)),
            _ => Err(UnknownIsolation { text: text.to_owned() }),
        }
    }
}

/// A text is not an isolation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not one of `auto`, `sysbox`, `userns`", text.escape_debug())]
#[non_exhaustive]
pub struct UnknownIsolation {
    /// The text.
    pub text: String,
}
