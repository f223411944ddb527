//! The engine's bridge, its ports and its firewall chains.
//!
//! Everything has a name of our own: one bridge, and chains that built-in chains jump to. Chains
//! of others are never read for their meaning, flushed or deleted, and `INPUT` is left to the host.
//!
//! | table | from | chain | |
//! |---|---|---|---|
//! | `mangle` | `PREROUTING` | `CONTAINAI-SOURCE` | drops foreign source addresses |
//! | `mangle` | `FORWARD` | `CONTAINAI-ISOLATION` | drops what may not pass, and accepts nothing |
//! | `mangle` | `OUTPUT` | `CONTAINAI-OUTPUT` | drops what other users of the host send to containers |
//! | `filter` | the end of `FORWARD` | `CONTAINAI-FORWARD` | accepts what no rule before has dropped |
//! | `nat` | `POSTROUTING` | `CONTAINAI-NAT` | masquerades |
//!
//! A packet passes `mangle` before `filter`, whatever the order of the rules in `filter`, and
//! no engine writes there. So no restart of another engine lets a packet past the rules that drop,
//! and the one that accepts comes after `DOCKER-USER`, ufw and every other rule of the host.
//!
//! Putting the network in place twice changes nothing.

mod bridge;
mod firewall;
mod forwarding;
mod link;
mod placement;
mod port;
mod raise;

pub(super) use link::OtherBridges;
pub use port::{PortError, pin};
pub use raise::{Network, NetworkState};
