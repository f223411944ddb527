//! The engine's bridge, its ports and its firewall chains.
//!
//! ContainAI owns one bridge, and chains that the built-in chains jump to. Chains of other programs
//! are never interpreted, flushed or deleted, and `INPUT` stays unchanged.
//!
//! | table | from | chain | purpose |
//! |---|---|---|---|
//! | `mangle` | `PREROUTING` | `CONTAINAI-SOURCE` | drops packets with foreign source addresses |
//! | `mangle` | `FORWARD` | `CONTAINAI-ISOLATION` | drops forbidden packets, accepts none |
//! | `mangle` | `OUTPUT` | `CONTAINAI-OUTPUT` | drops packets from unprivileged users of the host to containers |
//! | `filter` | the end of `FORWARD` | `CONTAINAI-FORWARD` | accepts the packets that earlier rules let pass |
//! | `nat` | `POSTROUTING` | `CONTAINAI-NAT` | masquerades |
//!
//! Packets pass `mangle` before `filter`, in any rule order, and no engine writes to `mangle`. A
//! restart of another engine therefore cannot bypass the dropping rules, and the accepting rule
//! comes after `DOCKER-USER`, ufw and all other rules of the host.
//!
//! Bringing up the network is idempotent.

mod bridge;
mod bridge_port;
mod bring_up;
mod firewall;
mod ip_forwarding;
mod link;
mod placement;

pub use bridge_port::{BridgePortError, pin};
pub use bring_up::{Network, NetworkState};
pub(super) use link::OtherBridges;
