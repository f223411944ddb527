//! Forwards of ports and sockets.

use std::time::Duration;

use containai_core::remote::{Direction, Forward};
use containai_ssh::{Session, Tunnel};
use tokio::task::JoinHandle;
use tracing::debug;

use super::handle::Sandbox;
use crate::error::OperationError;
use crate::forward::ReconnectingContainer;
use crate::lifecycle_log::LOG_TARGET;
use crate::report::Reporter;

/// The pause before a remote listener is requested again; the old server may hold its port.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// Open forwards, created by [`Sandbox::forward`]. Dropping the value closes them.
#[derive(Debug)]
#[must_use = "dropping the value closes the forwards"]
pub struct SandboxForward {
    task: JoinHandle<crate::Result<()>>,
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
        let tunnel = Tunnel::open(forwards.into_iter().collect()).await?;
        let session = Box::pin(container.connect()).await?;
        tunnel.listen_remote(&session).await?;
        for forward in tunnel.forwards() {
            debug!(target: LOG_TARGET, container = self.name(), %forward, "forward opened");
        }
        let task = tokio::spawn(serve(container, tunnel, session, reporter));
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
    pub async fn wait(mut self) -> crate::Result<()> {
        (&mut self.task).await?
    }
}

impl Drop for SandboxForward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut container: ReconnectingContainer,
    mut tunnel: Tunnel,
    mut session: Session,
    reporter: Reporter,
) -> crate::Result<()> {
    loop {
        tunnel.serve(session, |warning| reporter.warn(&warning.to_string())).await;
        session = loop {
            let session = container.reconnect().await?;
            match tunnel.listen_remote(&session).await {
                Ok(()) => break session,
                Err(error) => reporter.detail(&error.to_string()),
            }
            tokio::time::sleep(RETRY_DELAY).await;
        };
    }
}
