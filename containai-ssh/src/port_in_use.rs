//! Detection of ports in use.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use containai_core::naming::HostPort;
use tokio::net::TcpSocket;

/// Whether a server could not listen on the port, on any address of IPv4 or
/// IPv6. This binds without listening.
///
/// `SO_REUSEADDR` is set as servers do. On Linux it never permits a bind beside
/// a listening socket (socket(7)); without it, connections in `TIME_WAIT` would
/// make a port appear in use for a minute after its container was removed.
pub(crate) fn is_port_in_use(port: HostPort) -> bool {
    let addresses: [IpAddr; 4] = [
        Ipv4Addr::LOCALHOST.into(),
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv6Addr::LOCALHOST.into(),
        Ipv6Addr::UNSPECIFIED.into(),
    ];
    addresses.into_iter().any(|address| is_address_in_use(SocketAddr::new(address, port.get())))
}

fn is_address_in_use(address: SocketAddr) -> bool {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let bound = socket.and_then(|socket| {
        socket.set_reuseaddr(true)?;
        socket.bind(address)
    });
    bound.is_err_and(|error| !is_address_family_missing(&error))
}

/// Hosts without IPv6 lack either the family or the address.
pub(crate) fn is_address_family_missing(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn check(address: &str) -> Result<(), Box<dyn std::error::Error>> {
        let listener = TcpListener::bind(address)?;
        let port = HostPort::new(listener.local_addr()?.port())?;
        assert!(is_port_in_use(port), "{address}");
        let client = std::net::TcpStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        drop(listener);
        // The server closes first, which leaves its port in `TIME_WAIT`.
        drop(server);
        drop(client);
        assert!(!is_port_in_use(port), "{address} after its end");
        Ok(())
    }

    #[test]
    fn sees_listeners_on_every_address() -> Result<(), Box<dyn std::error::Error>> {
        check("127.0.0.1:0")?;
        check("0.0.0.0:0")?;
        if std::fs::exists("/proc/net/if_inet6")? {
            check("[::1]:0")?;
            check("[::]:0")?;
        }
        Ok(())
    }
}
