//! Entries of `/etc/hosts`.

use core::net::IpAddr;
use std::fmt;

/// The address of the host of the engine, as the engine knows it.
const HOST_GATEWAY: &str = "host-gateway";

/// A name and its address in the container's `/etc/hosts`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostEntry {
    name: String,
    address: String,
}

impl HostEntry {
    /// Parses `NAME:ADDRESS` or `NAME=ADDRESS`, where the address is an IP address or
    /// `host-gateway`; `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, address) = text.split_once('=').or_else(|| text.split_once(':'))?;
        let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_name = !name.is_empty() && name.len() < 254 && name.chars().all(is_name_char);
        let plain = address.trim_start_matches('[').trim_end_matches(']');
        let is_address = plain == HOST_GATEWAY || plain.parse::<IpAddr>().is_ok();
        (is_name && is_address).then(|| Self { name: name.to_owned(), address: plain.to_owned() })
    }
}

/// The form of `docker run --add-host`.
impl fmt::Display for HostEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_checked() {
        for (text, expected) in [
            ("db:10.0.0.1", Some("db:10.0.0.1")),
            ("db=[::1]", Some("db:::1")),
            ("host.docker.internal:host-gateway", Some("host.docker.internal:host-gateway")),
            ("a b:10.0.0.1", None),
            ("a\n:10.0.0.1", None),
            ("a:b", None),
            (":10.0.0.1", None),
            ("a", None),
        ] {
            let read = HostEntry::parse(text).map(|entry| entry.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
