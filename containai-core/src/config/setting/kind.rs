//! The values that a setting takes, as TOML has them.

use std::fmt;

use toml_edit::{Array, Value};

/// The values that a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text; what it looks like.
    Text(&'static str),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// A whole number, both ends included.
    Integer {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A number above 0.
    Number,
    /// An amount of memory: bytes, or a text such as `8g`.
    Size,
    /// A list of texts; what each looks like.
    List(&'static str),
}

impl Kind {
    /// Whether a value is of the right kind, its range aside.
    pub(in crate::config) fn admits(self, value: &Value) -> bool {
        match self {
            Self::Switch => value.is_bool(),
            Self::Integer { .. } => value.is_integer(),
            Self::Number => value.is_integer() || value.is_float(),
            Self::Text(_) | Self::Choice(_) | Self::Size => value.is_str() || value.is_integer(),
            Self::List(_) => match value.as_array() {
                Some(array) => array.iter().all(Value::is_str),
                None => value.is_str(),
            },
        }
    }

    /// Makes a value of what a person typed; `None` where it is of another
    /// kind. Only a list takes other than one text.
    pub(in crate::config) fn value(self, texts: &[&str]) -> Option<Value> {
        let text = match (self, texts) {
            (Self::List(_), _) => return Some(texts.iter().copied().collect::<Array>().into()),
            (_, [text]) => *text,
            _ => return None,
        };
        match self {
            Self::Switch => super::read_switch(text).ok().map(Value::from),
            // TOML's own spelling of numbers counts: `2_400`, `0x960`.
            Self::Integer { .. } | Self::Number => {
                let mut value = text.parse::<Value>().ok().filter(|value| self.admits(value))?;
                value.decor_mut().clear();
                Some(value)
            }
            Self::Text(_) | Self::Choice(_) | Self::Size | Self::List(_) => Some(text.into()),
        }
    }
}

impl fmt::Display for Kind {
    /// Writes what belongs there: "a number from 1 to 9".
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
            Self::Switch => f.write_str("`true` or `false`"),
            Self::Integer { least, most } => write!(f, "a number from {least} to {most}"),
            Self::Number => f.write_str("a number above 0"),
            Self::Size => f.write_str("an amount of memory such as `8g`"),
            Self::List(form) => write!(f, "a list of texts: {form}"),
        }
    }
}
