//! The border to what reaches into containers; `containai-ssh` implements it.

mod client_option;
mod error;
mod forward;
mod host_key;
mod peer;

pub use client_option::{ClientOption, ClientOptionError};
pub use error::RemoteError;
pub use forward::{Bind, Direction, Endpoint, Forward, ForwardError, Listen};
pub use host_key::{HostKey, HostKeyError};
pub use peer::Peer;

use std::collections::BTreeMap;
use std::future::Future;

use crate::naming::{ContainerName, HostPort, PortRange};

/// All that the lifecycle will ever ask of the way into a container.
pub trait Remote: Sync {
    /// A connection on which the server has spoken; nothing is authenticated.
    type Door: Send;
    /// An authenticated connection to the right container.
    type Session: Send;
    /// Keeps a chosen port from other processes until it is dropped.
    type Reservation: Send;

    /// Our public key as one `authorized_keys` line; the pair is made when it
    /// does not exist.
    fn authorized_key(&self) -> impl Future<Output = Result<String, RemoteError>> + Send;

    /// Chooses the lowest free port of the range. `reserved` are the ports of
    /// containers, stopped ones included, with who holds them in words.
    fn reserve_port(
        &self,
        range: PortRange,
        reserved: &BTreeMap<HostPort, String>,
    ) -> impl Future<Output = Result<Reserved<Self::Reservation>, RemoteError>> + Send;

    /// Waits until an SSH server speaks on the port, 30 s at most.
    fn knock(&self, port: HostPort)
    -> impl Future<Output = Result<Self::Door, RemoteError>> + Send;

    /// Whether this key is the one pinned for the port.
    fn pinned(
        &self,
        port: HostPort,
    ) -> impl Future<Output = Result<Option<HostKey>, RemoteError>> + Send;

    /// Pins the key as the only one for the port and writes the OpenSSH
    /// configuration of the container. Does nothing when all of it stands.
    fn introduce(
        &self,
        name: &ContainerName,
        port: HostPort,
        key: &HostKey,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;

    /// Authenticates both sides through the door.
    fn open(
        &self,
        door: Self::Door,
        port: HostPort,
    ) -> impl Future<Output = Result<Self::Session, RemoteError>> + Send;

    /// Removes what [`Self::introduce`] wrote.
    fn forget(
        &self,
        name: &ContainerName,
        port: HostPort,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;
}

/// A port and what keeps it ours.
#[derive(Debug)]
pub struct Reserved<R> {
    /// The chosen port.
    pub port: HostPort,
    /// Held until the container that publishes the port exists.
    pub reservation: R,
}
