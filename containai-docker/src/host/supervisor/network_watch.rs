//! Maintaining the network while the engine runs.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;
use std::time::Duration;

use containai_core::layout::EngineLayout;
use nix::errno::Errno;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, setsockopt,
    socket,
};
use nix::sys::time::TimeVal;

use super::super::network::{Network, OtherBridges};

/// Maximum time between two checks; changed rules cause no event.
const INTERVAL: Duration = Duration::from_secs(30);
/// Time to wait for further interface changes before a check.
const DEBOUNCE: Duration = Duration::from_millis(500);
/// The netlink group of interface changes (rtnetlink(7), `RTMGRP_LINK`).
const LINK_GROUP: u32 = 1;

/// Repairs the network of the engine at `layout` until the process ends: immediately after
/// interface changes, and every 30 seconds, because a reloaded host firewall removes the engine's
/// chains. A repeated failure is printed once.
pub(super) fn watch_network(layout: &EngineLayout) -> ! {
    let links = LinkEvents::open();
    let mut seen = OtherBridges::default();
    let mut failure = None;
    loop {
        // Setup may have changed the record meanwhile.
        let repaired = Network::from_record(layout).and_then(|network| network.repair(&mut seen));
        let now = repaired.err().map(|error| error.to_string());
        if let Some(text) = now.as_ref().filter(|_| failure != now) {
            eprintln!("containai-engine: {text}");
        }
        failure = now;
        match &links {
            Ok(links) => links.wait(),
            Err(_) => thread::sleep(INTERVAL),
        }
    }
}

struct LinkEvents(OwnedFd);

impl LinkEvents {
    fn open() -> io::Result<Self> {
        let (family, route) = (AddressFamily::Netlink, SockProtocol::NetlinkRoute);
        let events = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, route)?;
        let seconds = i64::try_from(INTERVAL.as_secs()).unwrap_or(i64::MAX);
        setsockopt(&events, ReceiveTimeout, &TimeVal::new(seconds, 0))?;
        bind(events.as_raw_fd(), &NetlinkAddr::new(0, LINK_GROUP))?;
        Ok(Self(events))
    }

    /// Waits for an event or the end of the interval; the contents of the event do not matter.
    fn wait(&self) {
        let mut buffer = [0; 32 * 1024];
        let mut receive = |flags| recv(self.0.as_raw_fd(), &mut buffer, flags);
        match receive(MsgFlags::empty()) {
            Err(Errno::EAGAIN) => return,
            // A queue overrun means the same as an event.
            Ok(_) | Err(Errno::ENOBUFS) => {}
            Err(_) => thread::sleep(INTERVAL),
        }
        thread::sleep(DEBOUNCE);
        while matches!(receive(MsgFlags::MSG_DONTWAIT), Ok(_) | Err(Errno::ENOBUFS)) {}
    }
}
