//! Amounts of memory and storage.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Unit sizes in bytes.
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A number of bytes, at most `i64::MAX`, the limit of Docker's API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ByteSize(u64);

impl ByteSize {
    /// Creates a size in bytes, capped at `i64::MAX`.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(if bytes > i64::MAX as u64 { i64::MAX as u64 } else { bytes })
    }

    /// Creates a size in gibibytes, capped at `i64::MAX` bytes.
    #[must_use]
    pub const fn from_gib(gib: u64) -> Self {
        Self::from_bytes(gib.saturating_mul(GIB))
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Returns the sum, capped at `i64::MAX`.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self::from_bytes(self.0.saturating_add(other.0))
    }

    /// Returns the size in bytes, in the integer type of Docker's API.
    #[must_use]
    pub fn as_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for ByteSize {
    /// Writes the size in the largest unit that divides it, in a format that Docker parses: `4g`,
    /// `1536m`, `1000b`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(GIB, 'g'), (MIB, 'm'), (KIB, 'k')];
        match units.into_iter().find(|(unit, _)| self.0 > 0 && self.0.is_multiple_of(*unit)) {
            Some((unit, letter)) => write!(f, "{}{letter}", self.0 / unit),
            None => write!(f, "{}b", self.0),
        }
    }
}

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    /// Parses a size as Docker does (`RAMInBytes` of docker/go-units): a number with an optional
    /// fraction, then optionally `k`, `m`, `g`, `t` or `p` (powers of 1024), then optionally `b` or
    /// `ib`, case-insensitive.
    fn from_str(text: &str) -> Result<Self, ByteSizeError> {
        let malformed = || ByteSizeError::Malformed { text: text.to_owned() };
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let shift = unit_shift(unit).ok_or_else(malformed)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(malformed());
        }
        scaled(whole, fraction, shift)
            .map(Self)
            .ok_or_else(|| ByteSizeError::TooLarge { text: text.to_owned() })
    }
}

/// A text is not a valid size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ByteSizeError {
    /// It is not a number, or its unit is unknown.
    #[error("`{}` is not a valid size: expected a number and `b`, `k`, `m`, `g` or `t`, such as `4g`", text.escape_debug())]
    Malformed {
        /// The text.
        text: String,
    },
    /// It exceeds `i64::MAX` bytes.
    #[error("`{}` exceeds the maximum size", text.escape_debug())]
    TooLarge {
        /// The text.
        text: String,
    },
}

/// A size, or a difference of sizes, rounded for display: `~1.5 KB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApproximateSize(pub i64);

impl fmt::Display for ApproximateSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A double is precise enough for one decimal of any size.
        let mut amount = self.0 as f64;
        let mut units = ["B", "KB", "MB", "GB", "TB"].into_iter().peekable();
        while let Some(unit) = units.next() {
            if amount < 1024.0 || units.peek().is_none() {
                return write!(f, "~{amount:.1} {unit}");
            }
            amount /= 1024.0;
        }
        Ok(())
    }
}

/// A size in binary units, rounded for display: `1.2 GiB`, `512 MiB`, `0 B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanSize(pub ByteSize);

impl fmt::Display for HumanSize {
    /// Writes one decimal for numbers with a single integer digit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A double is precise enough for one decimal of any size.
        let mut amount = self.0.bytes() as f64;
        let mut units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].into_iter();
        let mut unit = units.next().unwrap_or_default();
        for larger in units {
            if amount < 1023.5 {
                break;
            }
            (amount, unit) = (amount / 1024.0, larger);
        }
        let digits = usize::from(amount < 9.95 && unit != "B");
        f.pad(&format!("{amount:.digits$} {unit}"))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Returns the power of two of a unit; `None` for an unknown one.
fn unit_shift(unit: &str) -> Option<u32> {
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let unit = match unit {
        "i" => return None,
        unit => unit.strip_suffix('i').unwrap_or(unit),
    };
    match unit {
        "" => Some(0),
        "k" => Some(10),
        "m" => Some(20),
        "g" => Some(30),
        "t" => Some(40),
        "p" => Some(50),
        _ => None,
    }
}

/// Returns `whole.fraction` shifted left, truncated to bytes; `None` on overflow.
fn scaled(whole: &str, fraction: &str, shift: u32) -> Option<u64> {
    let whole: u64 = whole.parse().ok()?;
    let whole = u128::from(whole) << shift;
    // No unit exceeds 2^50 bytes, so 18 digits are precise to the byte.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let digits: u128 = fraction.parse().ok()?;
    let fraction = (digits << shift) / 10u128.pow(u32::try_from(fraction.len()).ok()?);
    i64::try_from(whole.checked_add(fraction)?).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<u64>) {
        assert_eq!(text.parse::<ByteSize>().ok().map(ByteSize::bytes), expected, "{text:?}");
    }

    #[test]
    fn reads_the_formats_of_docker() {
        check("4g", Some(4 << 30));
        check("4G", Some(4 << 30));
        check("4gb", Some(4 << 30));
        check("4GiB", Some(4 << 30));
        check("1.5g", Some(3 << 29));
        check("512m", Some(512 << 20));
        check("100", Some(100));
        check("1 k", Some(1024));
        check("0.1b", Some(0));
        check("010k", Some(10 * 1024));
        for bad in ["", "g", "-1", "+1g", "1.g", ".5g", "1.2.3g", "4x", "4ib", " 4g", "4g ", "٤g"]
        {
            check(bad, None);
        }
    }

    #[test]
    fn overflow_is_an_error() {
        check("8191p", Some(8191 << 50));
        check("8192p", None);
        check("9223372036854775807", Some(i64::MAX as u64));
        check("9223372036854775808", None);
        check("18446744073709551616t", None);
    }

    #[test]
    fn writes_the_largest_whole_unit() {
        assert_eq!(ByteSize::from_gib(4).to_string(), "4g");
        assert_eq!(ByteSize::from_bytes(3 << 29).to_string(), "1536m");
        assert_eq!(ByteSize::from_bytes(1001).to_string(), "1001b");
        assert_eq!(ByteSize::from_bytes(0).to_string(), "0b");
    }

    #[test]
    fn approximate_size_has_one_decimal() {
        assert_eq!(ApproximateSize(1536).to_string(), "~1.5 KB");
        assert_eq!(ApproximateSize(1 << 50).to_string(), "~1024.0 TB");
    }

    #[test]
    fn human_size_is_rounded() {
        let check = |bytes: u64, expected: &str| {
            assert_eq!(HumanSize(ByteSize::from_bytes(bytes)).to_string(), expected);
        };
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1.0 KiB");
        check(10 << 10, "10 KiB");
        check((1 << 20) - 1, "1.0 MiB");
        check(3 << 29, "1.5 GiB");
        check(u64::MAX, "8.0 EiB");
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(bytes in 0..=i64::MAX as u64) {
            let size = ByteSize::from_bytes(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }

        #[test]
        fn never_panics(text in ".*", digits in "[0-9]{1,40}(\\.[0-9]{0,40})?[kmgtp]?") {
            let _ = text.parse::<ByteSize>();
            let _ = digits.parse::<ByteSize>();
        }
    }

    #[test]
    fn error_messages() {
        let text = |text: &str| text.to_owned();
        let samples = crate::samples!(ByteSizeError {
            Malformed: [ByteSizeError::Malformed { text: text("4 gigs\n") }],
            TooLarge: [ByteSizeError::TooLarge { text: text("9999999999t") }],
        });
        insta::assert_snapshot!(crate::testing::render_errors(&samples));
    }
}
