//! Keeping the network in place while the engine runs.

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

/// How long at most nobody looks: rules change without a word to others.
const INTERVAL: Duration = Duration::from_secs(30);
/// How long interfaces may come and go before it is looked again.
const PAUSE: Duration = Duration::from_millis(500);
/// Interfaces that come and go (rtnetlink(7), `RTMGRP_LINK`).
const LINK_GROUP: u32 = 1;

/// Repairs the network of the engine at `layout` for as long as this process
/// lives: at once when interfaces come and go, and else every 30 seconds, since
/// a firewall that is loaded anew takes our chains with it. A failure is
/// printed once, and tried again.
pub(super) fn watch_network(layout: &EngineLayout) -> ! {
    let links = LinkEvents::open();
    let mut seen = OtherBridges::default();
    let mut failure = None;
    loop {
        // Set-up may have changed the record meanwhile.
        let repaired = Network::recorded(layout).and_then(|network| network.repair(&mut seen));
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

    /// Returns after an event, or when the interval is over. What happened
    /// exactly is of no interest.
    fn wait(&self) {
        let mut buffer = [0; 32 * 1024];
        let mut receive = |flags| recv(self.0.as_raw_fd(), &mut buffer, flags);
        match receive(MsgFlags::empty()) {
            Err(Errno::EAGAIN) => return,
            // An overrun queue says as much as one event.
            Ok(_) | Err(Errno::ENOBUFS) => {}
            Err(_) => thread::sleep(INTERVAL),
        }
        thread::sleep(PAUSE);
        while matches!(receive(MsgFlags::MSG_DONTWAIT), Ok(_) | Err(Errno::ENOBUFS)) {}
    }
}
