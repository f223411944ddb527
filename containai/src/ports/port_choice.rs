//! Ports of this machine.

use std::net::{Ipv4Addr, TcpListener};

use containai_core::naming::HostPort;

/// Returns the same port of this machine's loopback address if it is free, else another one; `None`
/// if there is none. Another program may take it before it is used.
pub(super) fn free_port(wanted: HostPort) -> Option<HostPort> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = bind(wanted.get()).or_else(|_| bind(0)).ok()?;
    HostPort::new(listener.local_addr().ok()?.port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_port_is_preferred() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let port = HostPort::new(port).expect("a port");
        assert_ne!(free_port(port), Some(port));
        drop(taken);
        assert_eq!(free_port(port), Some(port));
    }
}
