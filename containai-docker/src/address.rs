//! The address of an engine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::ssh_host::SshHost;

/// The address of an engine, in the forms of `DOCKER_HOST`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EngineAddress {
    /// `unix:///path`: a socket on this machine.
    Unix(PathBuf),
    /// `tcp://host:port`: with TLS if [`crate::DockerEngine::connect()`] gets certificates, otherwise
    /// unencrypted.
    Tcp(String),
    /// `ssh://[user@]host[:port][/socket]`: through the system's `ssh`.
    Ssh(SshHost),
}

/// A text that is not an engine address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not an engine address")]
#[non_exhaustive]
pub struct AddressError {
    /// The given text.
    pub text: String,
}

impl EngineAddress {
    /// Returns the address of a Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::Unix(path.into())
    }

    /// Returns whether the engine is a remote engine, whose files and loopback are not those of
    /// this machine. A `tcp://` address always is: even on loopback it may be the end of a tunnel.
    pub fn is_remote(&self) -> bool {
        self.socket().is_none()
    }

    /// Returns the socket's path if the engine runs on this machine.
    pub fn socket(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp(_) | Self::Ssh(_) => None,
        }
    }
}

impl FromStr for EngineAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || AddressError { text: text.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(error)?;
        if rest.is_empty() || rest.chars().any(char::is_control) {
            return Err(error());
        }
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(rest.into())),
            "tcp" if is_host_and_port(rest) => Ok(Self::Tcp(rest.to_owned())),
            "ssh" => SshHost::parse(rest).map(Self::Ssh).ok_or_else(error),
            _ => Err(error()),
        }
    }
}

fn is_host_and_port(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(rest) => write!(f, "tcp://{rest}"),
            Self::Ssh(rest) => write!(f, "ssh://{rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_addresses_round_trip() {
        for text in [
            "unix:///var/run/x.sock",
            "tcp://10.0.0.1:2376",
            "tcp://[::1]:2376",
            "ssh://box",
            "ssh://me@box:22",
            "ssh://me@[::1]:22/run/x y.sock",
        ] {
            let address: Result<EngineAddress, _> = text.parse();
            assert_eq!(address.map(|a| a.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn invalid_addresses_are_rejected() {
        for text in [
            "",
            "/var/run/x.sock",
            "unix://relative",
            "tcp://host",
            "tcp://host:port",
            "tcp://a b:1",
            "http://host:1",
            "ssh://",
            "ssh://-oProxyCommand=x",
            "ssh://a b",
            "ssh://a,b",
            "ssh://-l@box",
            "ssh://me:secret@box",
            "ssh://box:0",
            "ssh://box:x",
            "ssh://box/",
            "ssh://[box",
        ] {
            assert!(text.parse::<EngineAddress>().is_err(), "{text}");
        }
    }
}
