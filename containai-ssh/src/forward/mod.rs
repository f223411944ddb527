//! Port, socket and agent forwarding over an SSH connection.

mod allowed_channels;
mod listener;
mod port_owner;
mod relay;
mod socks;
mod warning;

pub(crate) use allowed_channels::{AllowedChannels, RemoteListenAddress, SshAgent};
pub(crate) use listener::{ByteStream, ForwardListener};
pub(crate) use relay::relay;
pub(crate) use socks::SocksRequest;
pub use warning::ForwardWarning;
pub(crate) use warning::WarningSender;
