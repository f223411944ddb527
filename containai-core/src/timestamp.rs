//! Timestamps.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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
        text.parse().ok().filter(|moment: &Self| moment.0 > 0)
    }
}

impl fmt::Display for Timestamp {
    /// Formats the time as of RFC 3339, in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Parses a date and time of RFC 3339; fractions of a second are truncated.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse_rfc3339(text).map(Self).ok_or_else(|| TimestampError { text: text.to_owned() })
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

fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = parse_numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = parse_numbers(time, ':', [2, 2, 2])?;
    // A leap second is the 61st of its minute.
    let is_time = hour < 24 && minute < 60 && second < 61;
    let is_date = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !is_time || !is_date {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(seconds - parse_offset(strip_fraction(rest)?)?)
}

fn parse_numbers(text: &str, separator: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut found = [0; 3];
    for (number, length) in found.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        *number = part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(found)
}

fn strip_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else { return Some(text) };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
    fraction.get(end..)
}

/// Returns the offset from UTC in seconds, positive to the east.
fn parse_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let clock = text.get(1..)?;
    let [hour, minute, _] = parse_numbers(&format!("{clock}:00"), ':', [2, 2, 2])?;
    (hour < 24 && minute < 60).then_some(sign * (hour * 3600 + minute * 60))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts in years that begin in March, so that a leap day is the last day of a year
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse, from the same source.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
        fn every_day_has_a_calendar_date(day in -800_000i64..2_900_000) {
            // The calendar date of every day since the year 1 is converted back to the
            // same day.
            let mut year = 1970 + day.div_euclid(365);
            while days_from_civil(year, 1, 1) > day { year -= 1; }
            while days_from_civil(year + 1, 1, 1) <= day { year += 1; }
            let mut month = 1;
            while month < 12 && days_from_civil(year, month + 1, 1) <= day { month += 1; }
            let of_month = day - days_from_civil(year, month, 1) + 1;
            prop_assert!((1..=days_in_month(year, month)).contains(&of_month));
        }

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
