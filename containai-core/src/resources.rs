//! Resource limits of containers.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::byte_size::ByteSize;

/// The capacity of the host.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct HostCapacity {
    /// The memory in bytes (`MemTotal`); 0 if unknown.
    pub memory_bytes: u64,
    /// The number of processors; 0 if unknown.
    pub cpus: u32,
}

/// The resource limits of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// The memory limit, swap included: a container that swaps is too slow to work in.
    pub memory: ByteSize,
    /// The processor limit.
    pub cpus: Cpus,
}

impl Resources {
    /// Returns half of the host's capacity: half of its memory, at least 2 GiB unless the
    /// host has less, and half of its processors, at least one.
    #[must_use]
    pub fn half_of(host: HostCapacity) -> Self {
        let share = HostShare::HALF;
        Self {
            memory: share.of_memory(host.memory_bytes),
            cpus: Cpus::from_count(share.of_cpus(host.cpus)),
        }
    }
}

/// Optional resource limits: those of a container, or a change to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ResourceLimits {
    /// The memory limit, swap included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// The processor limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Cpus>,
}

/// A share of the host's capacity, with a minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostShare {
    /// The share in percent.
    pub percent: u8,
    /// The minimum memory, unless the host has less.
    pub min_memory: ByteSize,
    /// The minimum number of processors.
    pub min_cpus: u32,
}

impl HostShare {
    /// Half of the host, but at least 2 GiB and one processor.
    pub const HALF: Self = Self { percent: 50, min_memory: ByteSize::from_gib(2), min_cpus: 1 };

    /// The assumed memory of a host whose memory is unknown.
    const ASSUMED_MEMORY: ByteSize = ByteSize::from_gib(8);

    /// Returns the share of the host's memory, to the byte; 8 GiB are assumed if
    /// `host_bytes` is 0.
    #[must_use]
    pub fn of_memory(self, host_bytes: u64) -> ByteSize {
        let host = match host_bytes {
            0 => Self::ASSUMED_MEMORY.bytes(),
            known => known,
        };
        let part = u128::from(host) * u128::from(self.percent) / 100;
        let part = u64::try_from(part).unwrap_or(u64::MAX);
        ByteSize::from_bytes(part.max(self.min_memory.bytes()).min(host))
    }

    /// Returns the share of the host's processors as a whole number.
    #[must_use]
    pub fn of_cpus(self, host_cpus: u32) -> u32 {
        let part = u64::from(host_cpus) * u64::from(self.percent) / 100;
        u32::try_from(part).unwrap_or(u32::MAX).max(self.min_cpus)
    }
}

/// A number of processors in units of 10⁻⁹, greater than zero (Docker interprets 0 as no
/// limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Cpus(u64);

impl Cpus {
    const NANOS_PER_CPU: u64 = 1_000_000_000;

    /// Creates a whole number of processors; 0 becomes 1.
    #[must_use]
    pub const fn from_count(count: u32) -> Self {
        Self(if count == 0 { Self::NANOS_PER_CPU } else { count as u64 * Self::NANOS_PER_CPU })
    }

    /// Creates a number of processors from units of 10⁻⁹; `None` for 0, which Docker
    /// interprets as no limit.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Option<Self> {
        if nanos == 0 { None } else { Some(Self(nanos)) }
    }

    /// Returns the number in the unit of Docker's API (`NanoCpus`).
    #[must_use]
    pub fn nanos(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Cpus {
    /// Formats the number of processors: `2`, `1.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / Self::NANOS_PER_CPU, self.0 % Self::NANOS_PER_CPU);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let rest = format!("{rest:09}");
        write!(f, "{whole}.{}", rest.trim_end_matches('0'))
    }
}

impl FromStr for Cpus {
    type Err = CpusError;

    /// Parses a number of processors, such as `2`, `1.5` or `0.25`, with at most nine
    /// decimals.
    fn from_str(text: &str) -> Result<Self, CpusError> {
        let error = || CpusError { text: text.to_owned() };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 {
            return Err(error());
        }
        let whole: u32 = whole.parse().map_err(|_| error())?;
        let fraction: u64 = format!("{fraction:0<9}").parse().map_err(|_| error())?;
        match u64::from(whole) * Self::NANOS_PER_CPU + fraction {
            0 => Err(error()),
            nanos => Ok(Self(nanos)),
        }
    }
}

/// The text is not a valid number of processors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid number of CPUs: expected a number above 0, such as `2` or `1.5`", text.escape_debug())]
#[non_exhaustive]
pub struct CpusError {
    /// The given text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(memory_bytes: u64, cpus: u32, expected: &str) {
        let half = Resources::half_of(HostCapacity { memory_bytes, cpus });
        assert_eq!(format!("{} {}", half.memory, half.cpus), expected);
    }

    #[test]
    fn half_of_the_host_with_a_minimum() {
        check(16 << 30, 8, "8g 4");
        check(15 << 30, 7, "7680m 3");
        check(3 << 30, 1, "2g 1");
        check(1 << 30, 1, "1g 1");
        check(0, 0, "4g 1");
        check(u64::MAX, u32::MAX, "9223372036854775807b 2147483647");
    }

    #[test]
    fn parses_cpu_counts() {
        let nanos = |text: &str| text.parse().ok().map(Cpus::nanos);
        assert_eq!(nanos("2"), Some(2_000_000_000));
        assert_eq!(nanos("1.5"), Some(1_500_000_000));
        assert_eq!(nanos("0.000000001"), Some(1));
        for bad in
            ["", "0", "0.0", "-1", "+1", "1.", ".5", "1e3", "2x", "0.0000000001", "4294967296"]
        {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn half_is_never_more_than_the_host(memory_bytes in 1u64.., cpus in 1u32..) {
            let half = Resources::half_of(HostCapacity { memory_bytes, cpus });
            prop_assert!(half.memory.bytes() <= memory_bytes);
            prop_assert!(half.cpus <= Cpus::from_count(cpus));
        }

        #[test]
        fn printed_cpus_parse_back(whole in 0u32.., nanos in 1u32..1_000_000_000) {
            let cpus = Cpus(u64::from(whole) * Cpus::NANOS_PER_CPU + u64::from(nanos));
            prop_assert_eq!(cpus.to_string().parse(), Ok(cpus));
        }

        #[test]
        fn parsing_cpus_never_panics(text in "[0-9.]{0,40}|.*") {
            let _ = text.parse::<Cpus>();
        }
    }
}
