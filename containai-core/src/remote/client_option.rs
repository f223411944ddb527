//! OpenSSH directives added by the user.

use std::fmt;
use std::str::FromStr;

/// A directive of ssh_config(5) that the user adds to the configuration of containers,
/// such as `ServerAliveInterval 30`.
///
/// Only directives that cannot redirect a connection are allowed, with values that every
/// version of OpenSSH accepts: with an unknown value, `ssh` would refuse the user's whole
/// configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientOption {
    keyword: &'static str,
    value: String,
}

/// The type of a directive's value.
#[derive(Clone, Copy)]
enum OptionValue {
    YesNo,
    Number,
    OneOf(&'static [&'static str]),
    /// Names with `*` and `?`, separated by blanks.
    NamePatterns,
    /// `NAME=value` without a blank.
    Assignment,
}

const ALLOWED: [(&str, OptionValue); 14] = [
    ("AddKeysToAgent", OptionValue::OneOf(&["yes", "no", "ask", "confirm"])),
    ("BatchMode", OptionValue::YesNo),
    ("Compression", OptionValue::YesNo),
    ("ConnectTimeout", OptionValue::Number),
    ("ConnectionAttempts", OptionValue::Number),
    ("ExitOnForwardFailure", OptionValue::YesNo),
    ("LogLevel", OptionValue::OneOf(&["QUIET", "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG"])),
    ("RequestTTY", OptionValue::OneOf(&["no", "yes", "force", "auto"])),
    ("SendEnv", OptionValue::NamePatterns),
    ("ServerAliveCountMax", OptionValue::Number),
    ("ServerAliveInterval", OptionValue::Number),
    ("SetEnv", OptionValue::Assignment),
    ("StreamLocalBindUnlink", OptionValue::YesNo),
    ("TCPKeepAlive", OptionValue::YesNo),
];

impl FromStr for ClientOption {
    type Err = ClientOptionError;

    /// Parses `Keyword value`; the keyword is case-insensitive.
    fn from_str(text: &str) -> Result<Self, ClientOptionError> {
        let error = || ClientOptionError { text: text.to_owned() };
        let (word, value) = text.split_once(' ').ok_or_else(error)?;
        let known = ALLOWED.iter().find(|(keyword, _)| keyword.eq_ignore_ascii_case(word));
        let (keyword, kind) = known.ok_or_else(error)?;
        let value = kind.read(value.trim()).ok_or_else(error)?;
        Ok(Self { keyword, value })
    }
}

impl OptionValue {
    fn read(self, value: &str) -> Option<String> {
        let one_of = |words: &[&str]| {
            words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(value))
                .map(|word| (*word).to_owned())
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match self {
            Self::YesNo => one_of(&["yes", "no"]),
            Self::OneOf(words) => one_of(words),
            Self::Number => value.parse::<u16>().ok().filter(|n| *n > 0).map(|n| n.to_string()),
            Self::NamePatterns => {
                let is_meant = |c: char| is_name(c) || "*? ".contains(c);
                (!value.is_empty() && value.chars().all(is_meant)).then(|| value.to_owned())
            }
            Self::Assignment => {
                let (name, text) = value.split_once('=')?;
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@,+".contains(c);
                let is_meant =
                    !name.is_empty() && name.chars().all(is_name) && text.chars().all(is_plain);
                is_meant.then(|| value.to_owned())
            }
        }
    }
}

impl fmt::Display for ClientOption {
    /// Formats the directive for ssh_config(5).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.keyword, self.value)
    }
}

/// The text is not an allowed directive.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not an allowed directive: expected `Keyword value` with one of {}", text.escape_debug(), keywords())]
#[non_exhaustive]
pub struct ClientOptionError {
    /// The given text.
    pub text: String,
}

fn keywords() -> String {
    ALLOWED.map(|(keyword, _)| format!("`{keyword}`")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_harmless_directives_only() {
        let read = |text: &str| text.parse::<ClientOption>().map(|it| it.to_string()).ok();
        for (text, expected) in [
            ("serveraliveinterval  30", "ServerAliveInterval 30"),
            ("Compression YES", "Compression yes"),
            ("SendEnv LC_* EDITOR", "SendEnv LC_* EDITOR"),
            ("SetEnv A=b/c", "SetEnv A=b/c"),
            ("LogLevel error", "LogLevel ERROR"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "Compression",
            "Compression maybe",
            "Compression yes\nProxyCommand x",
            "ProxyCommand x",
            "ProxyJump x",
            "Include /x",
            "Host *",
            "Match all",
            "HostName evil",
            "ConnectTimeout -1",
            "ConnectTimeout 0",
            "SetEnv A=b c",
            "SetEnv =b",
            "SendEnv $A",
            "StrictHostKeyChecking no",
            "Compression=yes",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
