//! The addresses of a forward.

use std::fmt;

use super::fields::Field;
use crate::naming::HostPort;

/// The listening address.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ListenAddress {
    /// A TCP port.
    Tcp {
        /// The addresses to bind to.
        bind: BindAddress,
        /// The port.
        port: HostPort,
    },
    /// A Unix socket, by its absolute path.
    Unix(String),
}

/// The addresses to bind a port to.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum BindAddress {
    /// The loopback addresses; the default.
    Loopback,
    /// All addresses, written as `*` or as an empty field.
    Any,
    /// This address.
    Host(String),
}

/// The target of a connection.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Endpoint {
    /// A host, by name or address, and a TCP port.
    Tcp {
        /// The host, resolved by the connecting side.
        host: String,
        /// The port.
        port: HostPort,
    },
    /// A Unix socket, by its absolute path.
    Unix(String),
}

impl ListenAddress {
    pub(super) fn from_fields(fields: &[Field]) -> Option<Self> {
        match fields {
            [path] if path.is_path() => Some(Self::Unix(path.text.clone())),
            [port] => Some(Self::Tcp { bind: BindAddress::Loopback, port: port.port()? }),
            [bind, port] => {
                Some(Self::Tcp { bind: BindAddress::from_field(bind)?, port: port.port()? })
            }
            _ => None,
        }
    }
}

impl BindAddress {
    fn from_field(field: &Field) -> Option<Self> {
        match field.text.as_str() {
            "" | "*" => Some(Self::Any),
            _ => field.host().map(Self::Host),
        }
    }
}

impl Endpoint {
    pub(super) fn from_fields(fields: &[Field]) -> Option<Self> {
        match fields {
            [path] if path.is_path() => Some(Self::Unix(path.text.clone())),
            [host, port] => Some(Self::Tcp { host: host.host()?, port: port.port()? }),
            _ => None,
        }
    }
}

impl fmt::Display for ListenAddress {
    /// Formats the address for OpenSSH.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => f.write_str(path),
            Self::Tcp { bind: BindAddress::Loopback, port } => write!(f, "{port}"),
            Self::Tcp { bind: BindAddress::Any, port } => write!(f, "*:{port}"),
            Self::Tcp { bind: BindAddress::Host(host), port } => {
                write!(f, "{}:{port}", bracketed(host))
            }
        }
    }
}

impl fmt::Display for Endpoint {
    /// Formats the address for OpenSSH.
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
