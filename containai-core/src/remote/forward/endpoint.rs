//! The two ends of a forward.

use std::fmt;

use super::fields::Field;
use crate::naming::HostPort;

/// Where connections are accepted.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Listen {
    /// A TCP port.
    Tcp {
        /// On which addresses.
        bind: Bind,
        /// The port.
        port: HostPort,
    },
    /// A Unix socket, by its absolute path.
    Unix(String),
}

/// On which addresses a port is opened.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Bind {
    /// Those that only the same machine reaches: nothing else was spelled.
    Loopback,
    /// All of them, spelled `*` or as an empty word.
    Any,
    /// This one.
    Host(String),
}

/// Where a connection is led to.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Endpoint {
    /// A host, by name or address, and a TCP port.
    Tcp {
        /// The host as the side that connects knows it.
        host: String,
        /// The port.
        port: HostPort,
    },
    /// A Unix socket, by its absolute path.
    Unix(String),
}

impl Listen {
    pub(super) fn of(fields: &[Field]) -> Option<Self> {
        match fields {
            [path] if path.is_path() => Some(Self::Unix(path.text.clone())),
            [port] => Some(Self::Tcp { bind: Bind::Loopback, port: port.port()? }),
            [bind, port] => Some(Self::Tcp { bind: Bind::of(bind)?, port: port.port()? }),
            _ => None,
        }
    }
}

impl Bind {
    fn of(field: &Field) -> Option<Self> {
        match field.text.as_str() {
            "" | "*" => Some(Self::Any),
            _ => field.host().map(Self::Host),
        }
    }
}

impl Endpoint {
    pub(super) fn of(fields: &[Field]) -> Option<Self> {
        match fields {
            [path] if path.is_path() => Some(Self::Unix(path.text.clone())),
            [host, port] => Some(Self::Tcp { host: host.host()?, port: port.port()? }),
            _ => None,
        }
    }
}

impl fmt::Display for Listen {
    /// Writes it as OpenSSH reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => f.write_str(path),
            Self::Tcp { bind: Bind::Loopback, port } => write!(f, "{port}"),
            Self::Tcp { bind: Bind::Any, port } => write!(f, "*:{port}"),
            Self::Tcp { bind: Bind::Host(host), port } => write!(f, "{}:{port}", bracketed(host)),
        }
    }
}

impl fmt::Display for Endpoint {
    /// Writes it as OpenSSH reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => f.write_str(path),
            Self::Tcp { host, port } => write!(f, "{}:{port}", bracketed(host)),
        }
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
