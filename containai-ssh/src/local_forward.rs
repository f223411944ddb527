//! A port of the host that leads into a container.

use std::fmt;
use std::str::FromStr;

use containai_core::naming::HostPort;

/// A port on the host's loopback that leads to a host and port as the
/// container sees them; ssh_config(5), `LocalForward`.
///
/// ```
/// use containai_ssh::LocalForward;
///
/// let forward: LocalForward = "8080:localhost:80".parse()?;
/// assert_eq!(forward.to_string(), "8080 localhost:80");
/// # Ok::<(), containai_ssh::LocalForwardError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalForward {
    port: HostPort,
    host: String,
    host_port: HostPort,
}

impl FromStr for LocalForward {
    type Err = LocalForwardError;

    /// Reads `port:host:hostport`.
    fn from_str(text: &str) -> Result<Self, LocalForwardError> {
        let error = || LocalForwardError { text: text.to_owned() };
        let (port, rest) = text.split_once(':').ok_or_else(error)?;
        let (host, host_port) = rest.rsplit_once(':').ok_or_else(error)?;
        let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(error());
        }
        Ok(Self {
            port: port.parse().map_err(|_| error())?,
            host: host.to_owned(),
            host_port: host_port.parse().map_err(|_| error())?,
        })
    }
}

impl fmt::Display for LocalForward {
    /// Writes it as ssh_config(5) wants it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:{}", self.port, self.host, self.host_port)
    }
}

/// A text names no forwarded port.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is no forwarded port: it takes the form `port:host:hostport`", text.escape_debug())]
#[non_exhaustive]
pub struct LocalForwardError {
    /// What was given.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_the_documented_form() {
        let read = |text: &str| text.parse::<LocalForward>().map(|f| f.to_string()).ok();
        assert_eq!(read("9229:127.0.0.1:9229").as_deref(), Some("9229 127.0.0.1:9229"));
        for bad in ["", "80", "80:80", "a:b:c", "80::80", "80:a b:80", "80:a\n:80", "0:a:1"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
