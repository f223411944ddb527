//! Types of setting values, as in TOML.

use std::fmt;

use toml_edit::{Array, Value};

/// The type of a setting's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// A string; its format.
    Text(&'static str),
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// An integer, bounds included.
    Integer {
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
    },
    /// A number greater than 0.
    Number,
    /// A memory size: bytes, or a string such as `8g`.
    Size,
    /// An array of strings; the format of each.
    List(&'static str),
    /// `true`, `false`, or an array of strings; the format of each.
    BoolOrList(&'static str),
}

impl SettingKind {
    /// Whether a value has the right type, regardless of its range.
    pub(in crate::config) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_bool(),
            Self::Integer { .. } => value.is_integer(),
            Self::Number => value.is_integer() || value.is_float(),
            Self::Text(_) | Self::Choice(_) | Self::Size => value.is_str() || value.is_integer(),
            Self::List(_) | Self::BoolOrList(_) => match value.as_array() {
                Some(array) => array.iter().all(Value::is_str),
                None if matches!(self, Self::List(_)) => value.is_str(),
                None => value.is_str() || value.is_bool(),
            },
        }
    }

    /// Parses typed text into a value; `None` for the wrong type. Only lists accept more or less
    /// than one text.
    pub(in crate::config) fn parse_value(self, texts: &[&str]) -> Option<Value> {
        let text = match (self, texts) {
            (Self::BoolOrList(_), [text]) if super::read_bool(text).is_ok() => {
                return Self::Bool.parse_value(texts);
            }
            (Self::List(_) | Self::BoolOrList(_), [text]) if text.trim_start().starts_with('[') => {
                return self.parse_toml(text);
            }
            (Self::List(_) | Self::BoolOrList(_), _) => {
                return Some(texts.iter().copied().collect::<Array>().into());
            }
            (_, [text]) => *text,
            _ => return None,
        };
        match self {
            Self::Bool => super::read_bool(text).ok().map(Value::from),
            // TOML's number formats are accepted: `2_400`, `0x960`.
            Self::Integer { .. } | Self::Number => self.parse_toml(text),
            Self::Text(_) | Self::Choice(_) | Self::Size | Self::List(_) | Self::BoolOrList(_) => {
                Some(text.into())
            }
        }
    }

    /// Parses a value in TOML's notation; `None` for the wrong type.
    fn parse_toml(self, text: &str) -> Option<Value> {
        let mut value = text.trim().parse::<Value>().ok().filter(|value| self.accepts(value))?;
        value.decor_mut().clear();
        Some(value)
    }
}

impl fmt::Display for SettingKind {
    /// Writes the expected value: "a number from 1 to 9".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(form) => f.write_str(form),
            Self::Choice(texts) => {
                for (index, text) in texts.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}`{text}`")?;
                }
                Ok(())
            }
            Self::Bool => f.write_str("`true` or `false`"),
            Self::Integer { min, max } => write!(f, "a number from {min} to {max}"),
            Self::Number => f.write_str("a number above 0"),
            Self::Size => f.write_str("a memory size such as `8g`"),
            Self::List(form) => write!(f, "a list of strings: {form}"),
            Self::BoolOrList(form) => write!(f, "`true`, `false` or a list of strings: {form}"),
        }
    }
}
