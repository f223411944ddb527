//! The interface to SSH connections; `containai-ssh` implements it.

mod client_option;
mod error;
mod forward;
mod host_key;
mod peer;

pub use client_option::{ClientOption, ClientOptionError};
pub use error::RemoteError;
pub use forward::{BindAddress, Direction, Endpoint, Forward, ForwardError, ListenAddress};
pub use host_key::{HostKey, HostKeyError};
pub use peer::Peer;

use std::collections::BTreeMap;
use std::future::Future;

use crate::naming::{ContainerName, HostPort, PortRange};

/// The operations that the lifecycle needs to connect to containers.
pub trait Remote: Sync {
    /// A transport to an SSH server that has answered, before authentication.
    type Transport: Send;
    /// An authenticated connection to the verified container.
    type Connection: Send;
    /// A reservation of a port, released on drop.
    type Reservation: Send;

    /// Returns the public key as one `authorized_keys` line. The key pair is created if
    /// it does not exist.
    fn authorized_key(&self) -> impl Future<Output = Result<String, RemoteError>> + Send;

    /// Reserves the lowest free port of the range. `reserved` are the ports of
    /// containers, stopped ones included, each with a description of its user.
    fn reserve_port(
        &self,
        range: PortRange,
        reserved: &BTreeMap<HostPort, String>,
    ) -> impl Future<Output = Result<ReservedPort<Self::Reservation>, RemoteError>> + Send;

    /// Waits until an SSH server answers on the port, at most 30 s.
    fn wait_ready(
        &self,
        port: HostPort,
    ) -> impl Future<Output = Result<Self::Transport, RemoteError>> + Send;

    /// Returns the key that is pinned for the port.
    fn pinned_host_key(
        &self,
        port: HostPort,
    ) -> impl Future<Output = Result<Option<HostKey>, RemoteError>> + Send;

    /// Pins the key as the only one for the port and writes the OpenSSH configuration of
    /// the container. Idempotent.
    fn register(
        &self,
        name: &ContainerName,
        port: HostPort,
        key: &HostKey,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;

    /// Authenticates the server and the client over the transport.
    fn authenticate(
        &self,
        transport: Self::Transport,
        port: HostPort,
    ) -> impl Future<Output = Result<Self::Connection, RemoteError>> + Send;

    /// Removes the files of [`Self::register`].
    fn unregister(
        &self,
        name: &ContainerName,
        port: HostPort,
    ) -> impl Future<Output = Result<(), RemoteError>> + Send;
}

/// A reserved port.
#[derive(Debug)]
pub struct ReservedPort<R> {
    /// The port.
    pub port: HostPort,
    /// The reservation, to be held until the container that publishes the port exists.
    pub reservation: R,
}
