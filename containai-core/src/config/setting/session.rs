//! Agent sessions.

use super::{SettingKind, SettingScope, SettingSpec, read_bool};
use crate::config::Trust;

/// Whether programs in an agent session may write to the clipboard; default no.
///
/// Workspaces cannot set it: what is pasted on this machine would be chosen by the container.
pub(in crate::config) const TERMINAL_CLIPBOARD: SettingSpec = SettingSpec {
    key: "terminal.clipboard",
    scope: SettingScope::UserOrWorkspace("terminal.clipboard"),
    env: None,
    flag: None,
    trust: Trust::Never,
    kind: SettingKind::Bool,
    default: "false",
    summary: "whether programs in an agent session may write to your clipboard (OSC 52)",
    check: |text| read_bool(text).map(drop),
};

/// The notification of `cai session wait` that a session ended or waits; default `off`.
///
/// Workspaces cannot set it, because the command runs on this machine.
pub(in crate::config) const SESSION_NOTIFY: SettingSpec = SettingSpec {
    key: "session.notify",
    scope: SettingScope::UserOrWorkspace("session.notify"),
    kind: SettingKind::Text("`off`, `bell`, `desktop` or `command:PROGRAM`"),
    default: "off",
    summary: "notification of `cai session wait` that a session ended or waits for you",
    check: |text| Ok(text.parse::<SessionNotification>().map(drop)?),
    ..TERMINAL_CLIPBOARD
};

/// The notification of `cai session wait` that a session ended or waits.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum SessionNotification {
    /// By its message only.
    #[default]
    Off,
    /// By the bell of the terminal.
    Bell,
    /// By a notification of the desktop, notify-send(1) or osascript(1).
    Desktop,
    /// By a command line of this machine's shell. The text is its variables `CONTAINAI_SESSION_NAME`
    /// and `CONTAINAI_SESSION_STATE`, and never part of the command line.
    Command(String),
}

impl std::str::FromStr for SessionNotification {
    type Err = InvalidSessionNotification;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "bell" => Ok(Self::Bell),
            "desktop" => Ok(Self::Desktop),
            _ => match text.strip_prefix("command:").map(str::trim) {
                Some(line) if !line.is_empty() && !line.contains(char::is_control) => {
                    Ok(Self::Command(line.to_owned()))
                }
                _ => Err(InvalidSessionNotification),
            },
        }
    }
}

/// The text names no notification.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected `off`, `bell`, `desktop` or `command:` and a command line")]
#[non_exhaustive]
pub struct InvalidSessionNotification;

impl std::fmt::Display for SessionNotification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Bell => f.write_str("bell"),
            Self::Desktop => f.write_str("desktop"),
            Self::Command(line) => write!(f, "command:{line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_parsed() {
        for text in ["off", "bell", "desktop", "command:say done"] {
            let read: SessionNotification = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
        }
        for text in ["", "command:", "command: ", "say done", "command:a\nb"] {
            assert!(text.parse::<SessionNotification>().is_err(), "{text:?}");
        }
    }
}
