//! File times with nanoseconds.

/// A file time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct FileTime {
    /// Seconds since the Unix epoch, negative before it.
    pub seconds: i64,
    /// Nanoseconds to add to the seconds, less than 1,000,000,000.
    pub nanoseconds: u32,
}

impl FileTime {
    /// Parses a decimal number of seconds, as in POSIX `pax` headers.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let seconds: i64 = whole.parse().ok()?;
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let nanoseconds: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        match whole.starts_with('-') && nanoseconds > 0 {
            false => Some(Self { seconds, nanoseconds }),
            true => Some(Self {
                seconds: seconds.checked_sub(1)?,
                nanoseconds: 1_000_000_000 - nanoseconds,
            }),
        }
    }

    /// Returns the number of seconds in the format of [`parse`](Self::parse).
    #[must_use]
    pub fn to_pax(self) -> String {
        match self.seconds < 0 && self.nanoseconds > 0 {
            false => format!("{}.{:09}", self.seconds, self.nanoseconds),
            true => {
                let sign = if self.seconds == -1 { "-" } else { "" };
                format!("{sign}{}.{:09}", self.seconds + 1, 1_000_000_000 - self.nanoseconds)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parses_seconds_and_fractions() {
        let time = |seconds, nanoseconds| Some(FileTime { seconds, nanoseconds });
        assert_eq!(FileTime::parse(b"12"), time(12, 0));
        assert_eq!(FileTime::parse(b"12.5"), time(12, 500_000_000));
        assert_eq!(FileTime::parse(b"-0.5"), time(-1, 500_000_000));
        assert_eq!(FileTime::parse(b"1.0000000019"), time(1, 1));
        for bad in ["", "x", "1.x", "1.-5", "99999999999999999999", "1.\u{b2}"] {
            assert_eq!(FileTime::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn written_times_can_be_parsed(seconds in -1_000_000_i64..10_000_000_000, nanoseconds in 0_u32..1_000_000_000) {
            let time = FileTime { seconds, nanoseconds };
            prop_assert_eq!(FileTime::parse(time.to_pax().as_bytes()), Some(time));
        }
    }
}
