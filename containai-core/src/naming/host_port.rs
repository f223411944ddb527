//! Host ports.

use std::fmt;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::Serialize;

/// A TCP port on the host's loopback address, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct HostPort(NonZeroU16);

impl HostPort {
    /// Creates a port.
    ///
    /// # Errors
    ///
    /// [`HostPortError`] for 0, which asks the kernel to choose.
    pub fn new(port: u16) -> Result<Self, HostPortError> {
        let none = || HostPortError { text: port.to_string() };
        NonZeroU16::new(port).map(Self).ok_or_else(none)
    }

    /// Returns the port number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        // `u16` would accept a leading `+`.
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let port = text.parse().ok().filter(|_| digits);
        port.map(Self).ok_or_else(|| HostPortError { text: text.to_owned() })
    }
}

/// The text or number is not a valid port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid port: expected a number from 1 to 65535", text.escape_debug())]
#[non_exhaustive]
pub struct HostPortError {
    /// The given text.
    pub text: String,
}

/// The range of ports for the SSH servers of containers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct PortRange {
    start: HostPort,
    end: HostPort,
}

impl PortRange {
    /// The default range: 2300 to 2500.
    pub const DEFAULT: (u16, u16) = (2300, 2500);

    /// The allowed ports: those without privileges.
    pub const ALLOWED: RangeInclusive<u16> = 1024..=65535;

    /// Creates a range from its first and last port.
    ///
    /// # Errors
    ///
    /// - [`Privileged`](PortRangeError::Privileged): a port is below 1024.
    /// - [`Reversed`](PortRangeError::Reversed): the first port is above the last.
    pub fn new(start: HostPort, end: HostPort) -> Result<Self, PortRangeError> {
        if let Some(port) =
            [start, end].into_iter().find(|port| !Self::ALLOWED.contains(&port.get()))
        {
            return Err(PortRangeError::Privileged { port });
        }
        if start > end {
            return Err(PortRangeError::Reversed { start, end });
        }
        Ok(Self { start, end })
    }

    /// Returns the first port.
    #[must_use]
    pub fn start(self) -> HostPort {
        self.start
    }

    /// Returns the last port.
    #[must_use]
    pub fn end(self) -> HostPort {
        self.end
    }

    /// Returns whether the range contains `port`.
    #[must_use]
    pub fn contains(self, port: HostPort) -> bool {
        (self.start..=self.end).contains(&port)
    }

    /// Returns every port of the range in ascending order.
    pub fn iter(self) -> impl Iterator<Item = HostPort> {
        (self.start.get()..=self.end.get()).filter_map(|port| HostPort::new(port).ok())
    }
}

impl Default for PortRange {
    fn default() -> Self {
        let port = |number| HostPort(NonZeroU16::new(number).unwrap_or(NonZeroU16::MAX));
        Self { start: port(Self::DEFAULT.0), end: port(Self::DEFAULT.1) }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

/// The ports are not a valid range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortRangeError {
    /// A port is below 1024; only root may listen on it.
    #[error("port {port} is not in 1024-65535")]
    Privileged {
        /// The port.
        port: HostPort,
    },
    /// The first port is above the last.
    #[error("the port range {start}-{end} is empty")]
    Reversed {
        /// The first port.
        start: HostPort,
        /// The last port.
        end: HostPort,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u16>) {
        assert_eq!(text.parse::<HostPort>().ok().map(HostPort::get), expected, "{text:?}");
    }

    #[test]
    fn reads_ports() {
        check("22", Some(22));
        check("65535", Some(65535));
        for bad in ["0", "65536", "-1", "+1", " 1", "", "2x"] {
            check(bad, None);
        }
    }

    #[test]
    fn ranges_have_order_and_bounds() -> Result<(), HostPortError> {
        let port = HostPort::new;
        let one = PortRange::new(port(2300)?, port(2300)?);
        assert_eq!(one.map(|range| range.iter().count()), Ok(1));
        let message = |start, end| PortRange::new(start, end).map_err(|error| error.to_string());
        assert_eq!(message(port(1)?, port(2300)?), Err("port 1 is not in 1024-65535".to_owned()));
        assert_eq!(
            message(port(2301)?, port(2300)?),
            Err("the port range 2301-2300 is empty".to_owned())
        );
        Ok(())
    }

    #[test]
    fn default_is_two_hundred_and_one_ports() {
        let range = PortRange::default();
        assert_eq!(range.to_string(), "2300-2500");
        assert_eq!(range.iter().count(), 201);
    }

    #[test]
    fn error_messages() -> Result<(), HostPortError> {
        let (start, end) = (HostPort::new(2400)?, HostPort::new(2300)?);
        let samples = crate::samples!(PortRangeError {
            Privileged: [PortRangeError::Privileged { port: HostPort::new(80)? }],
            Reversed: [PortRangeError::Reversed { start, end }],
        });
        insta::assert_snapshot!(crate::testing::render_errors(&samples));
        Ok(())
    }
}
