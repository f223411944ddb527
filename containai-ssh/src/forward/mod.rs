//! Port, socket and agent forwarding over an SSH connection.

mod grants;
mod holder;
mod listener;
mod notice;
mod relay;
mod socks;
mod tunnel;

pub(crate) use grants::{Agent, Grants, Origin};
pub(crate) use listener::Stream;
pub use notice::Notice;
pub(crate) use notice::Notices;
pub use tunnel::Tunnel;
