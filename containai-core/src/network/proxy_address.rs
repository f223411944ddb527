//! The address of a proxy.

use std::fmt;

/// The address of a proxy, as in `HTTPS_PROXY`: `[SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/]`.
///
/// `Debug` and `Display` print `***` in place of user and password.
#[derive(Clone, Eq, PartialEq)]
pub struct ProxyAddress(String);

impl ProxyAddress {
    /// Accepts an address of printable ASCII without blanks, quotes and backslashes, so that it can
    /// be quoted everywhere; other characters are percent-encoded in a URL (RFC 3986 §2.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_graphic() && !"\"'\\`$".contains(c);
        (!text.is_empty() && text.chars().all(is_plain)).then(|| Self(text.to_owned()))
    }

    /// Returns the address with user and password, which are secret.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        let place = self.parts().2;
        match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => place.split([':', '/', '?']).next().unwrap_or_default(),
        }
    }

    /// Whether the proxy is on the loopback interface of the machine whose setting this is.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host().trim_end_matches('.').to_ascii_lowercase();
        let is_name = host == "localhost" || host.ends_with(".localhost");
        is_name || host.starts_with("127.") || ["::1", "0.0.0.0", "::"].contains(&host.as_str())
    }

    /// Returns the scheme with its separator, the user with its separator, and the rest.
    fn parts(&self) -> (&str, &str, &str) {
        let start = self.0.find("://").map_or(0, |at| at + 3);
        let (scheme, rest) = self.0.split_at(start);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        // A password can contain `@` and `/` in settings that people write.
        let host = rest[..end].rfind('@').or_else(|| rest.rfind('@')).map_or(0, |at| at + 1);
        let (user, place) = rest.split_at(host);
        (scheme, user, place)
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, user, place) = self.parts();
        let user = if user.is_empty() { "" } else { "***@" };
        write!(f, "{scheme}{user}{place}")
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_and_masks() {
        for (text, host, shown) in [
            ("http://proxy.corp:3128", "proxy.corp", "http://proxy.corp:3128"),
            ("http://me:hunter2@proxy:3128/", "proxy", "http://***@proxy:3128/"),
            ("http://me:hun@ter2@proxy:3128", "proxy", "http://***@proxy:3128"),
            ("http://me:hun/ter2@proxy:3128", "proxy", "http://***@proxy:3128"),
            ("me:hunter2@proxy:3128", "proxy", "***@proxy:3128"),
            ("proxy:3128", "proxy", "proxy:3128"),
            ("socks5h://[fd00::1]:1080", "fd00::1", "socks5h://[fd00::1]:1080"),
        ] {
            let address = ProxyAddress::parse(text).expect("an address");
            assert_eq!((address.host(), address.to_string().as_str()), (host, shown), "{text}");
            assert!(!format!("{address:?}").contains("hun"), "{text}");
        }
    }

    #[test]
    fn loopback_addresses() {
        for (text, expected) in [
            ("http://127.0.0.1:3128", true),
            ("http://u:p@localhost:2", true),
            ("LOCALHOST", true),
            ("socks5://[::1]:1080", true),
            ("http://0.0.0.0:80", true),
            ("http://proxy.localhost:80", true),
            ("http://10.0.0.1:3128", false),
            ("http://localhost.corp:3128", false),
            ("http://127.0.0.1@proxy", false),
        ] {
            let address = ProxyAddress::parse(text).expect("an address");
            assert_eq!(address.is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn unquotable_addresses_are_refused() {
        for text in ["", "http://a b", "http://\"", "http://x\ny", "http://$(id)", "http://ä"] {
            assert_eq!(ProxyAddress::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn passwords_are_masked(scheme in "(http://|socks5://)?", user in "[a-z]{1,5}", host in "[a-z.]{1,9}") {
            let text = format!("{scheme}{user}:hunter2@{host}:3128");
            let address = ProxyAddress::parse(&text).expect("an address");
            prop_assert!(!address.to_string().contains("hunter2"));
            prop_assert_eq!(address.host(), host);
        }
    }
}
