//! The proxy of a request.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::url::{WebUrl, split_authority};

/// An HTTP proxy.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct HttpProxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`; secret.
    pub(super) authorization: Option<String>,
}

/// The way to a server.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum ProxyChoice {
    Direct,
    Through(HttpProxy),
    /// The proxy in this variable has a scheme that is not supported.
    Unsupported(&'static str),
}

impl ProxyChoice {
    /// Chooses the proxy from the usual variables, `https_proxy`, `all_proxy` and `no_proxy`. A server
    /// on this machine has none.
    pub(super) fn of(variables: &BTreeMap<String, String>, url: &WebUrl) -> Self {
        if url.is_loopback() || is_excepted(variables.get("no_proxy"), url) {
            return Self::Direct;
        }
        let names = ["https_proxy", "all_proxy"];
        let set = names.into_iter().find_map(|name| Some((name, variables.get(name)?)));
        match set {
            None => Self::Direct,
            Some((name, text)) => {
                HttpProxy::parse(text).map_or(Self::Unsupported(name), Self::Through)
            }
        }
    }
}

impl HttpProxy {
    /// Parses `[http://][user:password@]host[:port][/]`.
    fn parse(text: &str) -> Option<Self> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) => scheme.eq_ignore_ascii_case("http").then_some(rest)?,
            None => text,
        };
        let rest = rest.split('/').next().unwrap_or_default();
        let (user, authority) = match rest.rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, rest),
        };
        let (host, port) = split_authority(authority)?;
        let authorization =
            user.map(|user| format!("Basic {}", BASE64_STANDARD.encode(percent_decode(user))));
        Some(Self { host: host.to_owned(), port: port.unwrap_or(80), authorization })
    }
}

/// Returns whether `no_proxy` names the server: `*`, a host, a domain with or without a leading dot,
/// an address, or a network such as `10.0.0.0/8`; each may have a port.
fn is_excepted(no_proxy: Option<&String>, url: &WebUrl) -> bool {
    let address = url.host().parse::<IpAddr>().ok();
    let names = no_proxy.map_or("", String::as_str).split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).any(|name| {
        if name == "*" {
            return true;
        }
        if let Some((network, bits)) = name.split_once('/') {
            return address.is_some_and(|address| is_in_network(address, network, bits));
        }
        if let (Some(address), Ok(other)) = (address, name.parse::<IpAddr>()) {
            return address == other;
        }
        let name = name.trim_start_matches('*').trim_start_matches('.');
        let Some((host, port)) = split_authority(name) else { return false };
        let domain = host.to_lowercase();
        let own = url.host();
        let is_named =
            own == domain || own.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
        is_named && port.is_none_or(|port| port == url.port())
    })
}

fn is_in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    let prefix = |value: u128, width: u32| {
        let shift = width.saturating_sub(bits);
        value.checked_shr(shift).unwrap_or(0)
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            prefix(u32::from(a).into(), 32) == prefix(u32::from(b).into(), 32)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => prefix(a.into(), 128) == prefix(b.into(), 128),
        _ => false,
    }
}

/// Decodes `%XX`; malformed escapes are kept.
fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(variables: &[(&str, &str)], url: &str) -> String {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let url = WebUrl::parse(url).expect("a URL");
        match ProxyChoice::of(&variables.collect(), &url) {
            ProxyChoice::Direct => "direct".into(),
            ProxyChoice::Through(proxy) => {
                let auth = proxy.authorization.unwrap_or_default();
                format!("{}:{} {auth}", proxy.host, proxy.port).trim_end().to_owned()
            }
            ProxyChoice::Unsupported(name) => format!("unsupported {name}"),
        }
    }

    #[test]
    fn variables_choose_the_proxy() {
        let https = ("https_proxy", "http://u:p%40x@proxy.corp:3128/");
        for (variables, url, expected) in [
            (&[][..], "https://ghcr.io/", "direct"),
            (&[https], "https://ghcr.io/", "proxy.corp:3128 Basic dTpwQHg="),
            (&[https], "https://localhost:5000/", "direct"),
            (&[https], "https://127.0.0.1/", "direct"),
            (&[("https_proxy", "proxy")], "https://ghcr.io/", "proxy:80"),
            (&[("https_proxy", "[::1]:1")], "https://ghcr.io/", "::1:1"),
            (&[("all_proxy", "socks5://p:1")], "https://ghcr.io/", "unsupported all_proxy"),
            (&[("https_proxy", "p"), ("all_proxy", "socks5://p")], "https://ghcr.io/", "p:80"),
        ] {
            assert_eq!(choice(variables, url), expected, "{variables:?} {url}");
        }
    }

    #[test]
    fn excepted_servers_have_no_proxy() {
        for (no_proxy, url, is_direct) in [
            ("*", "https://ghcr.io/", true),
            ("a, ghcr.io", "https://ghcr.io/", true),
            (".io", "https://ghcr.io/", true),
            ("io", "https://ghcr.io/", true),
            ("*.corp", "https://x.corp/", true),
            ("hcr.io", "https://ghcr.io/", false),
            ("ghcr.io:8443", "https://ghcr.io/", false),
            ("ghcr.io:8443", "https://ghcr.io:8443/", true),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("0.0.0.0/0", "https://11.1.2.3/", true),
            ("fd00::/8", "https://[fd12::1]/", true),
            ("10.1.2.3", "https://10.1.2.3/", true),
            ("10.0.0.0/x", "https://10.0.0.0/", false),
            ("", "https://ghcr.io/", false),
        ] {
            let said = choice(&[("https_proxy", "p"), ("no_proxy", no_proxy)], url);
            assert_eq!(said == "direct", is_direct, "{no_proxy} {url}");
        }
    }
}
