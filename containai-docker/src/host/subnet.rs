//! IPv4 networks, and the choice of an unused one.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IPv4 network such as `10.213.0.0/24`; host bits are zero.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    network: Ipv4Addr,
    prefix: u8,
}

impl Subnet {
    /// Returns the network of `address`. `prefix` is its length in bits, 0 to 32; greater values
    /// are reduced to 32.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.min(32);
        Self { network: Ipv4Addr::from_bits(address.to_bits() & mask(prefix)), prefix }
    }

    /// Returns the prefix length in bits.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Returns the first usable address, which the bridge gets.
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() | 1)
    }

    /// Returns the bridge's address in the format of `ip address`, such as `10.213.0.1/24`.
    pub fn gateway_with_prefix(self) -> String {
        format!("{}/{}", self.gateway(), self.prefix)
    }

    /// Returns whether the networks have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        let common = mask(self.prefix.min(other.prefix));
        (self.network.to_bits() ^ other.network.to_bits()) & common == 0
    }

    /// Chooses a /24 that overlaps none of `taken`. `start` is the third octet of the first
    /// candidate, so that several engines of a host start at different ones.
    ///
    /// Routes of prefix length 0 and 1 are default routes (VPN clients split theirs into two
    /// halves) and are ignored.
    pub fn choose(taken: &[Self], start: u8) -> Option<Self> {
        let blocked =
            |candidate: Self| taken.iter().any(|used| used.prefix > 1 && used.overlaps(candidate));
        candidates(start).find(|candidate| !blocked(*candidate))
    }
}

/// Returns the candidates. Docker's own pools (172.17–31, 192.168 from .0 up) come last, because
/// another engine of the host may still use them.
fn candidates(start: u8) -> impl Iterator<Item = Subnet> {
    const SECOND_OCTETS: [(u8, u8); 5] = [(10, 213), (10, 89), (10, 171), (172, 30), (192, 168)];
    SECOND_OCTETS.into_iter().flat_map(move |(first, second)| {
        (0..=u8::MAX).map(move |offset| {
            Subnet::new(Ipv4Addr::new(first, second, start.wrapping_add(offset), 0), 24)
        })
    })
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

/// The text is not `a.b.c.d/n`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not an IPv4 network such as `10.213.0.0/24`")]
pub struct SubnetError(String);

impl FromStr for Subnet {
    type Err = SubnetError;

    fn from_str(text: &str) -> Result<Self, SubnetError> {
        let parse = || {
            let (address, prefix) = text.split_once('/')?;
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
            Some(Self::new(address.parse().ok()?, prefix))
        };
        parse().ok_or_else(|| SubnetError(text.to_owned()))
    }
}

impl TryFrom<String> for Subnet {
    type Error = SubnetError;

    fn try_from(text: String) -> Result<Self, SubnetError> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(texts: &[&str]) -> Vec<Subnet> {
        texts.iter().map(|text| text.parse().expect("a network")).collect()
    }

    #[test]
    fn chooses_unused_subnet() {
        let check = |taken: &[&str], index: u8, expected: Option<&str>| {
            let chosen = Subnet::choose(&nets(taken), index).map(String::from);
            assert_eq!(chosen.as_deref(), expected, "{taken:?}");
        };
        check(&[], 0, Some("10.213.0.0/24"));
        check(&[], 7, Some("10.213.7.0/24"));
        check(&["0.0.0.0/0", "0.0.0.0/1"], 0, Some("10.213.0.0/24"));
        check(&["10.213.0.0/23"], 0, Some("10.213.2.0/24"));
        check(&["10.213.0.9/32"], 0, Some("10.213.1.0/24"));
        check(&["10.213.255.0/24"], 255, Some("10.213.0.0/24"));
        check(&["10.0.0.0/8"], 0, Some("172.30.0.0/24"));
        check(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], 0, None);
    }

    #[test]
    fn parses_and_displays() {
        let subnet: Subnet = "10.213.5.77/24".parse().expect("a network");
        assert_eq!(subnet.to_string(), "10.213.5.0/24");
        assert_eq!(subnet.gateway_with_prefix(), "10.213.5.1/24");
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8"] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }
}
