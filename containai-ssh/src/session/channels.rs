//! Channels for forwarding.

use std::net::SocketAddr;

use containai_core::remote::{BindAddress, Endpoint, ListenAddress, RemoteError};
use russh::Channel;
use russh::client::Msg;

use super::connect::Session;
use crate::forward::{RemoteListenAddress, WarningSender};

impl Session {
    /// Whether the connection has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Opens a channel to a host and port, as seen from the container (RFC 4254
    /// §7.2).
    pub(crate) async fn connect_tcp(
        &self,
        host: &str,
        port: u16,
        peer: Option<SocketAddr>,
    ) -> Result<Channel<Msg>, russh::Error> {
        self.quick_ack.stop();
        let (address, peer_port) =
            peer.map_or(("127.0.0.1".to_owned(), 0), |it| (it.ip().to_string(), it.port()));
        let peer_port = peer_port.into();
        self.handle.channel_open_direct_tcpip(host, port.into(), address, peer_port).await
    }

    /// Opens a channel to a Unix socket in the container (OpenSSH's `PROTOCOL`,
    /// 2.4).
    pub(crate) async fn connect_unix(&self, path: &str) -> Result<Channel<Msg>, russh::Error> {
        self.quick_ack.stop();
        self.handle.channel_open_direct_streamlocal(path).await
    }

    /// Requests a listener in the container, and allows it to forward
    /// connections to a local target (RFC 4254 §7.1; OpenSSH's `PROTOCOL`,
    /// 2.4).
    pub(crate) async fn listen_remote(
        &self,
        listen: &ListenAddress,
        target: &Endpoint,
        warnings: &WarningSender,
    ) -> Result<(), RemoteError> {
        let origin = RemoteListenAddress::of(listen);
        // Allowed first, because a connection may precede the reply.
        self.allowed_channels.allow_forward(origin.clone(), target.clone(), warnings.clone());
        let outcome = match &origin {
            RemoteListenAddress::Tcp(address, port) => {
                self.handle.tcpip_forward(address.clone(), *port).await.map(drop)
            }
            RemoteListenAddress::Unix(path) => self.handle.streamlocal_forward(path.clone()).await,
        };
        outcome.map_err(|error| match error {
            russh::Error::RequestDenied => {
                RemoteError::CannotListenInContainer { address: listen.to_string() }
            }
            error => self.to_remote_error(error),
        })
    }
}

impl RemoteListenAddress {
    fn of(listen: &ListenAddress) -> Self {
        let address = |bind: &BindAddress| match bind {
            BindAddress::Loopback => "localhost".to_owned(),
            BindAddress::Any => String::new(),
            BindAddress::Host(host) => host.clone(),
        };
        match listen {
            ListenAddress::Tcp { bind, port } => Self::Tcp(address(bind), port.get().into()),
            ListenAddress::Unix(path) => Self::Unix(path.clone()),
        }
    }
}
