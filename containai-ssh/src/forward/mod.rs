//! Port, socket and agent forwarding over an SSH connection.

mod allowed_channels;
mod port_owner;
mod listener;
mod warning;
mod relay;
mod socks;
mod tunnel;

pub(crate) use allowed_channels::{SshAgent, AllowedChannels, RemoteListenAddress};
pub(crate) use listener::ByteStream;
pub use warning::ForwardWarning;
pub(crate) use warning::WarningSender;
pub use tunnel::Tunnel;
