//! Time limits of commands.

use std::str::FromStr;
use std::time::Duration;

/// A time limit, at least a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit(Duration);

impl TimeLimit {
    /// Returns the limit in whole seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.as_secs()
    }
}

/// The text is not a time limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a time limit: expected seconds, or a number with `s`, `m`, `h` or `d`, such as `90s` or `15m`", .0.escape_debug())]
pub struct InvalidTimeLimit(String);

impl FromStr for TimeLimit {
    type Err = InvalidTimeLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || InvalidTimeLimit(text.to_owned());
        let (number, unit) = match text.char_indices().last().ok_or_else(error)? {
            (at, 's') => (&text[..at], 1),
            (at, 'm') => (&text[..at], 60),
            (at, 'h') => (&text[..at], 3600),
            (at, 'd') => (&text[..at], 86_400),
            _ => (text, 1),
        };
        let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse::<u32>().ok().filter(|number| is_digits && *number > 0);
        number.map(|number| Self(Duration::from_secs(u64::from(number) * unit))).ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_units() {
        let seconds = |text: &str| text.parse::<TimeLimit>().map(TimeLimit::seconds).ok();
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("2h"), Some(7200));
        for text in ["", "0", "m", "-1", "+1", "1.5h", "1w", "99999999999", "1é"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
