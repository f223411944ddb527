//! Forwards that outlive restarts of their container.

use std::convert::Infallible;
use std::time::Duration;

use containai_core::remote::Forward;
use containai_ssh::{Session, Tunnel};
use tokio::time::sleep;

use super::ReconnectingContainer;
use crate::forward_registry::{ForwardEntry, RegisteredForward};

/// The pause before a remote listener is requested again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Forwards that outlive restarts of their container.
///
/// Those of [`open_registered`](Self::open_registered) are listed ([`RegisteredForward::list`])
/// until this value is dropped.
pub struct ForwardServer {
    container: ReconnectingContainer,
    tunnel: Tunnel,
    session: Session,
    _entry: Option<ForwardEntry>,
}

impl ForwardServer {
    /// Opens all listeners and reports each forward.
    ///
    /// # Errors
    ///
    /// A listener cannot be opened, or the container cannot be reached.
    pub async fn open(
        container: ReconnectingContainer,
        forwards: Vec<Forward>,
    ) -> crate::Result<Self> {
        let server = Self::open_silently(container, forwards).await?;
        let Self { container, tunnel, .. } = &server;
        for forward in tunnel.forwards() {
            let option = forward.direction().option();
            let text = format!("{option} {forward} ({})", container.name());
            container.context.reporter.say(&text);
        }
        Ok(server)
    }

    /// As [`Self::open`], without a report.
    pub(crate) async fn open_silently(
        container: ReconnectingContainer,
        forwards: Vec<Forward>,
    ) -> crate::Result<Self> {
        let tunnel = Tunnel::open(forwards).await?;
        let session = Box::pin(container.connect()).await?;
        tunnel.listen_remote(&session).await?;
        Ok(Self { container, tunnel, session, _entry: None })
    }

    /// As [`Self::open`], in a process that exists for these forwards: other processes list them,
    /// and end the process to close them.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and the registry cannot be written.
    pub async fn open_registered(
        container: ReconnectingContainer,
        forwards: Vec<Forward>,
    ) -> crate::Result<Self> {
        let server = Self::open(container, forwards).await?;
        let Self { container, tunnel, .. } = &server;
        let engine = container.context.address.to_string();
        let entry =
            RegisteredForward::current_process(container.name(), &engine, tunnel.forwards());
        let entry = entry.register(&container.context.env.layout.forward_dir())?;
        Ok(Self { _entry: Some(entry), ..server })
    }

    /// Forwards connections; reconnects when the container is restarted.
    ///
    /// # Errors
    ///
    /// The container was removed, or shows another host key.
    pub async fn serve(self) -> crate::Result<Infallible> {
        let Self { mut container, mut tunnel, mut session, _entry } = self;
        let reporter = container.context.reporter.clone();
        loop {
            tunnel.serve(session, |warning| reporter.warn(&warning.to_string())).await;
            reporter.say(&format!("connection to {} lost; reconnecting", container.name()));
            session = loop {
                let session = container.reconnect().await?;
                match tunnel.listen_remote(&session).await {
                    Ok(()) => break session,
                    // The old server may hold the port for another moment.
                    Err(error) => reporter.detail(&error.to_string()),
                }
                sleep(RETRY_INTERVAL).await;
            };
            reporter.say(&format!("reconnected to {}", container.name()));
        }
    }
}
