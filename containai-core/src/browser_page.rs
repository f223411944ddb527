//! Pages that a container asks the host to open.

use crate::naming::HostPort;

/// The lowest port that an ordinary user may listen on.
const FIRST_UNPRIVILEGED_PORT: u16 = 1024;

/// A page that a container asks the host to open in a browser.
///
/// The text comes from the container, so it is hostile: it consists of printable ASCII characters,
/// names a page of the web, and hides no host behind a user name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrowserPage {
    url: String,
    callback: Option<HostPort>,
}

/// The reason why a page is not opened.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BrowserPageError {
    /// The address is too long.
    #[error("its address is longer than {} characters", BrowserPage::MAX_LEN)]
    TooLong,
    /// The address is of another kind, such as a file.
    #[error("its address starts with neither `https://` nor `http://`")]
    Scheme,
    /// The address contains a character that no valid address contains.
    #[error("its address contains a character that is not allowed in addresses")]
    Character,
    /// The address contains a user name, or no host.
    #[error("its address contains a user name, or names no host")]
    Host,
    /// The page leads back to a port that only root can listen on.
    #[error("it leads back to port {0}, below {FIRST_UNPRIVILEGED_PORT}")]
    PrivilegedPort(u16),
}

impl BrowserPage {
    /// The maximum length of an address, in characters.
    pub const MAX_LEN: usize = 8192;

    /// Parses the address of a page.
    ///
    /// # Errors
    ///
    /// [`BrowserPageError`] tells why the page must not be opened.
    pub fn parse(url: &str) -> Result<Self, BrowserPageError> {
        if url.len() > Self::MAX_LEN {
            return Err(BrowserPageError::TooLong);
        }
        // Quotes, backslashes and their like are escaped in valid addresses.
        let is_allowed = |c: char| c.is_ascii_graphic() && !"\"'`<>\\^{}|".contains(c);
        if !url.chars().all(is_allowed) {
            return Err(BrowserPageError::Character);
        }
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let rest = rest.ok_or(BrowserPageError::Scheme)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@')
            || !authority.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        {
            return Err(BrowserPageError::Host);
        }
        let callback = callback_port(rest).map(HostPort::new).transpose().ok().flatten();
        match callback {
            Some(port) if port.get() < FIRST_UNPRIVILEGED_PORT => {
                Err(BrowserPageError::PrivilegedPort(port.get()))
            }
            callback => Ok(Self { url: url.to_owned(), callback }),
        }
    }

    /// Returns the address: printable ASCII characters without white space.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the port of this machine that the page leads back to: that of the parameter
    /// `redirect_uri`, if it names a loopback address (RFC 8252 §7.3). `None` for other pages.
    #[must_use]
    pub fn callback_port(&self) -> Option<HostPort> {
        self.callback
    }
}

/// Returns the port of the parameter `redirect_uri`.
fn callback_port(url: &str) -> Option<u16> {
    let query = url.split('#').next()?.split_once('?')?.1;
    let uri = query.split('&').find_map(|it| it.strip_prefix("redirect_uri="))?;
    let uri = percent_decode(uri)?;
    let authority = uri.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
    let (host, port) = authority.rsplit_once(':')?;
    matches!(host, "localhost" | "127.0.0.1" | "[::1]").then(|| port.parse().ok())?
}

/// Decodes `%` escapes (RFC 3986 §2.1); `None` for an invalid one, or text that is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn port_of(url: &str) -> Option<u16> {
        BrowserPage::parse(url).expect("a page").callback_port().map(HostPort::get)
    }

    #[test]
    fn callbacks_of_real_logins() {
        let claude = "https://claude.com/cai/oauth/authorize?code=true&redirect_uri=http%3A%2F%2Flocalhost%3A46667%2Fcallback&scope=org%3Acreate_api_key";
        assert_eq!(port_of(claude), Some(46667));
        let codex = "https://auth.openai.com/oauth/authorize?response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&state=x";
        assert_eq!(port_of(codex), Some(1455));
        assert_eq!(port_of("https://a.example/?redirect_uri=http://[::1]:8085/x"), Some(8085));
    }

    #[test]
    fn other_pages_have_no_callback() {
        for url in [
            "https://github.com/login/device",
            "https://a.example/?redirect_uri=https%3A%2F%2Fb.example%2Fcallback",
            "https://a.example/?redirect_uri=http%3A%2F%2Flocalhost.b.example%3A1455%2F",
            "https://a.example/?redirect_uri=http%3A%2F%2Flocalhost%3A99999%2F",
            "https://a.example/?redirect_uri=http%3A%2F%2Flocalhost%2F",
            "https://a.example/#?redirect_uri=http://localhost:1455/",
            "https://a.example/?redirect_uri=%",
        ] {
            assert_eq!(port_of(url), None, "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let check = |url: &str, expected: BrowserPageError| {
            assert_eq!(BrowserPage::parse(url), Err(expected), "{url:?}");
        };
        for url in ["", "file:///etc/passwd", "javascript:alert(1)", "-oProxy", "HTTPS://a.example"]
        {
            check(url, BrowserPageError::Scheme);
        }
        for url in [
            "https://a.example/ b",
            "https://a.example/\u{1b}[2J",
            "https://ä.example",
            "https://a.example/$(x)`",
        ] {
            check(url, BrowserPageError::Character);
        }
        for url in ["https://", "https:///etc/passwd", "https://claude.ai@b.example/", "http://-x"]
        {
            check(url, BrowserPageError::Host);
        }
        check(&format!("https://a.example/{}", "a".repeat(8192)), BrowserPageError::TooLong);
        let privileged = "https://a.example/?redirect_uri=http://localhost:80/";
        check(privileged, BrowserPageError::PrivilegedPort(80));
    }

    proptest! {
        #[test]
        fn accepted_pages_are_printable(url in "(https://|http://)?(\\PC|[\\x00-\\x7f]){0,40}") {
            if let Ok(page) = BrowserPage::parse(&url) {
                prop_assert!(page.url().starts_with("http"));
                prop_assert!(page.url().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
