//! SSH servers in error messages.

use std::fmt;

use crate::naming::HostPort;

/// An SSH server, as named in error messages.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Peer {
    /// The server of a container, by its port on 127.0.0.1.
    Container(HostPort),
    /// The server of another host.
    Host {
        /// Its name or address.
        name: String,
        /// Its port.
        port: HostPort,
    },
}

impl Peer {
    /// Returns whether it is a managed container.
    #[must_use]
    pub fn is_container(&self) -> bool {
        matches!(self, Self::Container(_))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(port) => write!(f, "port {port}"),
            Self::Host { name, port } if name.contains(':') => {
                write!(f, "`[{}]:{port}`", name.escape_debug())
            }
            Self::Host { name, port } => write!(f, "`{}:{port}`", name.escape_debug()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() -> Result<(), Box<dyn std::error::Error>> {
        let port = HostPort::new(2300)?;
        let host = |name: &str| Peer::Host { name: name.to_owned(), port }.to_string();
        assert_eq!(Peer::Container(port).to_string(), "port 2300");
        assert_eq!(host("build.example"), "`build.example:2300`");
        assert_eq!(host("::1"), "`[::1]:2300`");
        assert_eq!(host("a\x1b[2J"), r"`a\u{1b}[2J:2300`");
        Ok(())
    }
}
