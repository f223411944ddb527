//! Forwards of ports and sockets.

use std::convert::Infallible;

use containai_core::remote::{Direction, Forward};
use tokio::task::JoinHandle;
use tracing::debug;

use super::handle::Sandbox;
use crate::error::OperationError;
use crate::forward::{ForwardServer, ReconnectingContainer};
use crate::lifecycle_log::LOG_TARGET;

/// Open forwards, created by [`Sandbox::forward`]. Dropping the value closes them.
#[derive(Debug)]
#[must_use = "dropping the value closes the forwards"]
pub struct SandboxForward {
    task: JoinHandle<crate::Result<Infallible>>,
}

impl Sandbox {
    /// Forwards a TCP port of this machine's loopback interface to a port of the container's.
    ///
    /// # Errors
    ///
    /// Those of [`forward`](Self::forward).
    pub async fn forward_port(&self, local: u16, remote: u16) -> crate::Result<SandboxForward> {
        let forward = Forward::parse(Direction::Local, &format!("{local}:localhost:{remote}"));
        let forward = forward.map_err(|error| OperationError::usage(error.to_string()))?;
        self.forward([forward]).await
    }

    /// Opens forwards between this machine and the container; [`Forward::parse`] takes the notation
    /// of OpenSSH. They reconnect when the container is restarted.
    ///
    /// # Errors
    ///
    /// - [`Error::Remote`](crate::Error::Remote): an address is in use.
    /// - [`Error::Lifecycle`](crate::Error::Lifecycle): the container cannot be reached.
    pub async fn forward(
        &self,
        forwards: impl IntoIterator<Item = Forward>,
    ) -> crate::Result<SandboxForward> {
        let context = &self.handle.context;
        let (flags, reporter) = (self.handle.engine_flags(), context.reporter.clone());
        let container =
            ReconnectingContainer::find(Some(self.name()), flags, &context.env, &reporter).await?;
        let server = ForwardServer::open(container, forwards.into_iter().collect()).await?;
        debug!(target: LOG_TARGET, container = self.name(), "forwards opened");
        let task = tokio::spawn(server.serve());
        Ok(SandboxForward { task })
    }
}

impl SandboxForward {
    /// Waits until the forwards end, which happens only if the container is removed or shows another
    /// host key. Dropping the future closes the forwards.
    ///
    /// # Errors
    ///
    /// The reason for the end.
    pub async fn wait(mut self) -> crate::Result<Infallible> {
        (&mut self.task).await?
    }
}

impl Drop for SandboxForward {
    fn drop(&mut self) {
        self.task.abort();
    }
}
