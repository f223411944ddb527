//! A host in the terms of `ssh`, and the path of the engine's socket on it.

use std::fmt;
use std::path::PathBuf;

/// A host in the terms of `ssh`, and the path of the engine's socket on it.
///
/// The parts are passed to command lines and to OpenSSH's configuration, so only names without
/// special characters in either are accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SshHost {
    /// The user; `None`: as in the user's OpenSSH configuration.
    pub user: Option<String>,
    /// The host name, address or alias; an IPv6 address without brackets.
    pub host: String,
    /// The port; `None`: as in the user's OpenSSH configuration.
    pub port: Option<u16>,
    /// The path of the engine's socket on that host; `None`: the engine that `docker` uses there.
    pub socket: Option<PathBuf>,
}

impl SshHost {
    /// Parses `[user@]host[:port][/socket]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (authority, socket) = match text.find('/') {
            None => (text, None),
            Some(at) => (&text[..at], Some(&text[at..])),
        };
        let (user, rest) = match authority.rsplit_once('@') {
            None => (None, authority),
            Some((user, rest)) => (Some(user), rest),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                (host, port.strip_prefix(':').or(port.is_empty().then_some("")))
            }
            None => {
                rest.split_once(':').map_or((rest, Some("")), |(host, port)| (host, Some(port)))
            }
        };
        let port = match port? {
            "" => None,
            port => Some(port.parse().ok().filter(|port| *port > 0)?),
        };
        let is_user = |user: &str| is_plain(user) && !user.contains(':');
        let is_fine = user.is_none_or(is_user) && is_plain(host) && socket != Some("/");
        is_fine.then(|| Self {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
            socket: socket.map(PathBuf::from),
        })
    }
}

impl fmt::Display for SshHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.socket.iter().try_for_each(|socket| write!(f, "{}", socket.display()))
    }
}

/// Returns whether a word has no special meaning to a shell or to OpenSSH.
fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain)
}
