//! Addresses of registries and web servers.

use std::fmt;
use std::net::IpAddr;

/// An `https:` URL, or an `http:` one on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct WebUrl {
    scheme: WebScheme,
    /// The name or address, without brackets.
    host: String,
    port: u16,
    /// The path with its query, beginning with a slash.
    path: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WebScheme {
    Https,
    /// Only on loopback.
    Http,
}

impl WebUrl {
    /// Parses a URL; `None` for another scheme, `http:` to another machine, and user names.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://")? {
            (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (WebScheme::Https, rest),
            (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (WebScheme::Http, rest),
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = split_authority(authority)?;
        let port = port.unwrap_or(scheme.port());
        let slash = if path.starts_with('/') { "" } else { "/" };
        let url = Self { scheme, host: host.to_lowercase(), port, path: format!("{slash}{path}") };
        let is_plain = url.path.bytes().all(|byte| byte.is_ascii_graphic());
        (is_plain && (scheme == WebScheme::Https || url.is_loopback())).then_some(url)
    }

    /// Returns the URL of a path of a registry, `host[:port]`.
    pub(super) fn of_registry(registry: &str, path: &str) -> Option<Self> {
        Self::parse(&format!("https://{registry}{path}"))
    }

    /// Resolves the target of a redirect; `None` for one that leaves `https:`.
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        if location.contains("://") {
            let target = Self::parse(location)?;
            let is_kept = target.scheme == WebScheme::Https || self.scheme == WebScheme::Http;
            return is_kept.then_some(target);
        }
        if location.starts_with("//") {
            return self.join(&format!("{}:{location}", self.scheme.name()));
        }
        let path = match location.strip_prefix('/') {
            Some(_) => location.to_owned(),
            None => {
                let own = self.path.split('?').next().unwrap_or_default();
                let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
                format!("{folder}/{location}")
            }
        };
        Self::parse(&format!("{}://{}{path}", self.scheme.name(), self.authority()))
    }

    /// Returns the URL with parameters added to its query.
    pub(super) fn with_query(&self, parameters: &[(&str, &str)]) -> Self {
        let mut path = self.path.clone();
        for (name, value) in parameters {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&format!("{name}={}", percent_encode(value)));
        }
        Self { path, ..self.clone() }
    }

    /// Returns the same URL without encryption; only for loopback.
    pub(super) fn unencrypted(&self) -> Option<Self> {
        let is_possible = self.scheme == WebScheme::Https && self.is_loopback();
        is_possible.then(|| Self { scheme: WebScheme::Http, ..self.clone() })
    }

    pub(super) fn scheme(&self) -> WebScheme {
        self.scheme
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the host with its port if that is not the standard one, as in a `Host` header.
    pub(super) fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port == self.scheme.port() {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }

    /// Whether both URLs name the same server.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// Whether both URLs name the same server, with or without encryption.
    pub(super) fn is_same_host(&self, other: &Self) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }

    /// Whether the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl WebScheme {
    fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// Omits the query, which may contain a signature.
impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{}://{}{path}", self.scheme.name(), self.authority())
    }
}

/// Splits `host[:port]`, with brackets around an IPv6 address.
pub(super) fn split_authority(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, port.strip_prefix(':').or((!port.is_empty()).then_some("?")))
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_name =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if host.is_empty() || !host.bytes().all(is_name) {
        return None;
    }
    match port {
        None | Some("") => Some((host, None)),
        Some(port) => Some((host, Some(port.parse().ok().filter(|port| *port != 0)?))),
    }
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                encoded.push(byte.into());
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_or_local_urls() {
        for (text, expected) in [
            ("https://Ghcr.io/v2/", Some("https://ghcr.io/v2/")),
            ("https://ghcr.io:443", Some("https://ghcr.io/")),
            ("HTTPS://x:8443/a?b=c#d", Some("https://x:8443/a")),
            ("http://127.0.0.1:5000/a", Some("http://127.0.0.1:5000/a")),
            ("http://localhost/a", Some("http://localhost/a")),
            ("http://[::1]:5000/a", Some("http://[::1]:5000/a")),
            ("https://x?y", Some("https://x/")),
            ("http://ghcr.io/a", None),
            ("http://localhost.evil/a", None),
            ("http://127.0.0.1.evil/a", None),
            ("http://169.254.169.254/", None),
            ("https://user@ghcr.io/", None),
            ("https://[::1/", None),
            ("https://[x]/", None),
            ("https://[::1]x/", None),
            ("https://x:0/", None),
            ("https://x:y/", None),
            ("https:///a", None),
            ("https://x/a b", None),
            ("https://x/a\r\nb", None),
            ("file:///etc/passwd", None),
            ("ghcr.io", None),
        ] {
            let url = WebUrl::parse(text).map(|url| url.to_string());
            assert_eq!(url.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn redirects_stay_encrypted() {
        let check = |from: &str, to: &str| {
            let from = WebUrl::parse(from).expect("a URL");
            from.join(to).map(|url| format!("{} {}", url, url.is_same_server(&from)))
        };
        for (from, to, expected) in [
            ("https://a/b/c?d", "/e?f", Some("https://a/e true")),
            ("https://a/b/c?d", "e", Some("https://a/b/e true")),
            ("https://a:1/b", "https://a:1/e", Some("https://a:1/e true")),
            ("https://a/b", "https://cdn/e", Some("https://cdn/e false")),
            ("https://a/b", "//cdn/e", Some("https://cdn/e false")),
            ("https://a/b", "http://127.0.0.1/e", None),
            ("https://127.0.0.1/b", "http://127.0.0.1/e", None),
            ("http://127.0.0.1/b", "http://127.0.0.1:1/e", Some("http://127.0.0.1:1/e false")),
            ("http://127.0.0.1/b", "http://a/e", None),
            ("https://a/b", "file:///etc/passwd", None),
            ("https://a/b", "javascript://x", None),
        ] {
            assert_eq!(check(from, to).as_deref(), expected, "{from} {to}");
        }
        let url = WebUrl::parse("https://a/token?x=1").expect("a URL");
        let url = url.with_query(&[("scope", "repository:a/b:pull"), ("s", "a&b =\n")]);
        assert_eq!(url.path(), "/token?x=1&scope=repository:a/b:pull&s=a%26b%20%3D%0A");
        assert!(!url.to_string().contains("scope"));
    }
}
