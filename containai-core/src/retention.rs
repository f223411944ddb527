//! Minimum ages for pruning.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An age in days or hours, written `30d` or `12h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RetentionAge(Duration);

impl RetentionAge {
    /// Returns the age as a duration.
    #[must_use]
    pub fn as_duration(self) -> Duration {
        self.0
    }
}

impl Default for RetentionAge {
    /// Thirty days.
    fn default() -> Self {
        Self(Duration::from_secs(30 * 86_400))
    }
}

impl fmt::Display for RetentionAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.0.as_secs() / 3600;
        match (hours / 24, hours % 24) {
            (days @ 1.., 0) => write!(f, "{days}d"),
            _ => write!(f, "{hours}h"),
        }
    }
}

impl FromStr for RetentionAge {
    type Err = RetentionAgeError;

    /// Parses decimal digits followed by `d` or `h`; `010d` is ten days.
    fn from_str(text: &str) -> Result<Self, RetentionAgeError> {
        let error = || RetentionAgeError { text: text.to_owned() };
        let (digits, unit) = match text.char_indices().next_back() {
            Some((at, 'd' | 'D')) => (text.get(..at), 86_400),
            Some((at, 'h' | 'H')) => (text.get(..at), 3_600),
            _ => (None, 0),
        };
        let digits =
            digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).ok_or_else(error)?;
        let number: u64 = digits.parse().map_err(|_| error())?;
        // Clocks count seconds in an `i64`, so nothing can be older.
        let seconds = number.checked_mul(unit).filter(|s| i64::try_from(*s).is_ok());
        seconds.map(Duration::from_secs).map(Self).ok_or_else(error)
    }
}

/// A text is not a valid age.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid age: expected a number of days or hours, such as `30d` or `12h`", text.escape_debug())]
#[non_exhaustive]
pub struct RetentionAgeError {
    /// The text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<u64>) {
        let age = text.parse::<RetentionAge>().ok();
        assert_eq!(age.map(|age| age.as_duration().as_secs()), expected, "{text:?}");
    }

    #[test]
    fn reads_days_and_hours() {
        check("0h", Some(0));
        assert_eq!("0h".parse::<RetentionAge>().map(|age| age.to_string()), Ok("0h".to_owned()));
        check("1H", Some(3600));
        check("30d", Some(2_592_000));
        check("010d", Some(864_000));
        for bad in
            ["", "d", "7", "7m", "-1d", "+1d", "7 d", "1d12h", "7d\n", "٧d", "9223372036854775807d"]
        {
            check(bad, None);
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(hours in 0u64..1_000_000_000) {
            let age = RetentionAge(Duration::from_secs(hours * 3600));
            prop_assert_eq!(age.to_string().parse(), Ok(age));
        }

        #[test]
        fn never_panics(text in ".*[dh]?") {
            let _ = text.parse::<RetentionAge>();
        }
    }
}
