//! The port that a page leads back to.

use containai_core::naming::HostPort;
use containai_core::remote::{BindAddress, Endpoint, Forward, ListenAddress};
use containai_ssh::Tunnel;
use tokio::task::JoinHandle;

use crate::forward::ReconnectingContainer;

/// A port of this machine's loopback addresses that leads to the same port in the container, until
/// this value is dropped.
#[derive(Debug)]
pub(super) struct CallbackForward {
    port: HostPort,
    task: JoinHandle<()>,
}

impl CallbackForward {
    /// Opens the port.
    ///
    /// # Errors
    ///
    /// The port is in use, or the container cannot be reached.
    pub(super) async fn open(
        port: HostPort,
        container: &ReconnectingContainer,
    ) -> crate::Result<Self> {
        let listen = ListenAddress::Tcp { bind: BindAddress::Loopback, port };
        let target = Endpoint::Tcp { host: "localhost".to_owned(), port };
        let mut tunnel = Tunnel::open(vec![Forward::Local { listen, target }]).await?;
        let session = container.connect().await?;
        let task = tokio::spawn(async move { tunnel.serve(session, |_| {}).await });
        Ok(Self { port, task })
    }

    /// Returns the port.
    pub(super) fn port(&self) -> HostPort {
        self.port
    }
}

impl Drop for CallbackForward {
    fn drop(&mut self) {
        self.task.abort();
    }
}
