//! Timestamps.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time, in whole seconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Creates a timestamp from seconds since 1970.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds since 1970.
    #[must_use]
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// Returns the age at `now`; zero for a time in the future, because the clocks of two
    /// machines differ.
    #[must_use]
    pub fn age_at(self, now: Self) -> Duration {
        Duration::from_secs(u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Formats the time for file names: `YYYYMMDD-HHMMSS` in UTC.
    #[must_use]
    pub fn to_compact(self) -> String {
        self.to_string().replace(['-', ':', 'Z'], "").replace('T', "-")
    }

    /// Parses a timestamp of the engine; `None` for its zero value, the year 1, which
    /// means never, and for any other text.
    #[must_use]
    pub fn of_engine(text: &str) -> Option<Self> {
        text.parse().ok().filter(|timestamp: &Self| timestamp.0 > 0)
    }
}

impl fmt::Display for Timestamp {
    /// Formats the time as of RFC 3339, in UTC. Times outside of the years 0 to 9999 are written as
    /// `@SECONDS`, which date(1) reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = OffsetDateTime::from_unix_timestamp(self.0).ok();
        match date.and_then(|date| date.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "@{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses a date and time of RFC 3339; fractions of a second are truncated.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(|date| Self(date.unix_timestamp()))
            .map_err(|_| TimestampError { text: text.to_owned() })
    }
}

/// The text is not a valid timestamp.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is not a valid RFC 3339 date and time", text.escape_debug())]
#[non_exhaustive]
pub struct TimestampError {
    /// The given text.
    pub text: String,
}

/// A duration for display: `3d 4h 12m`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Elapsed(pub Duration);

impl fmt::Display for Elapsed {
    /// Formats the units from the largest nonzero one down to minutes; seconds only below
    /// one minute.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        match (days, hours, minutes) {
            (0, 0, 0) => write!(f, "{seconds}s"),
            (0, 0, _) => write!(f, "{minutes}m"),
            (0, _, _) => write!(f, "{hours}h {minutes}m"),
            _ => write!(f, "{days}d {hours}h {minutes}m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(text.parse().ok().map(Timestamp::as_unix), expected, "{text:?}");
    }

    #[test]
    fn parses_engine_timestamps() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2024-02-29T12:30:15.123456789Z", Some(1_709_209_815));
        check("2024-02-29T12:30:15+01:00", Some(1_709_206_215));
        check("2024-02-29T12:30:15-01:30", Some(1_709_215_215));
        check("1969-12-31T23:59:59Z", Some(-1));
        check("0001-01-01T00:00:00Z", Some(-62_135_596_800));
        for bad in [
            "",
            "2024-02-29",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+1:00",
            "+024-01-01T00:00:00Z",
            "٢024-01-01T00:00:00Z",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn zero_time_is_none() {
        assert_eq!(Timestamp::of_engine("0001-01-01T00:00:00Z"), None);
        assert_eq!(Timestamp::of_engine("yesterday"), None);
        assert_eq!(Timestamp::of_engine("1970-01-01T00:00:01Z"), Some(Timestamp(1)));
    }

    #[test]
    fn years_without_a_date_print_as_seconds() {
        assert_eq!(Timestamp(i64::MIN).to_string(), "@-9223372036854775808");
        assert_eq!(Timestamp(253_402_300_800).to_string(), "@253402300800");
        assert_eq!(Timestamp(253_402_300_799).to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn compact_form_for_file_names() {
        assert_eq!(Timestamp(1_709_209_815).to_compact(), "20240229-123015");
    }

    #[test]
    fn future_timestamps_have_zero_age() {
        let (early, late) = (Timestamp::from_unix(10), Timestamp::from_unix(25));
        assert_eq!(early.age_at(late), Duration::from_secs(15));
        assert_eq!(late.age_at(early), Duration::ZERO);
        assert_eq!(Timestamp(i64::MIN).age_at(Timestamp(i64::MAX)).as_secs(), i64::MAX as u64);
    }

    #[test]
    fn durations_print_to_the_minute() {
        let check = |seconds, expected: &str| {
            assert_eq!(Elapsed(Duration::from_secs(seconds)).to_string(), expected);
        };
        check(0, "0s");
        check(59, "59s");
        check(60, "1m");
        check(3 * 3600, "3h 0m");
        check(3 * 86_400 + 4 * 3600 + 12 * 60 + 59, "3d 4h 12m");
    }

    proptest! {
        #[test]
        fn printed_timestamps_parse_back(seconds in -62_135_596_800i64..253_402_300_800) {
            let text = Timestamp(seconds).to_string();
            prop_assert_eq!(text.parse().ok(), Some(Timestamp(seconds)), "{}", text);
        }

        #[test]
        fn never_panics(text in ".*|[0-9T:Z.+-]{0,40}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
