//! A set of forwards that outlives connections.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use containai_core::remote::{Endpoint, Forward, RemoteError};
use russh::Channel;
use russh::client::Msg;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

use crate::forward::{
    ByteStream, ForwardListener, ForwardWarning, SocksRequest, WarningSender, relay,
};
use crate::session::Session;

/// The interval of checks for a closed connection.
const CLOSED_CHECK_INTERVAL: Duration = Duration::from_millis(200);
/// The pause before the next accept when file descriptors are exhausted.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
/// The timeout of a SOCKS request.
const SOCKS_TIMEOUT: Duration = Duration::from_secs(30);

/// A set of forwards whose local listeners stay open across connections.
///
/// Clients that connect between two connections wait for the next one.
pub struct Tunnel {
    forwards: Vec<Forward>,
    /// Each with its target; `None` for SOCKS.
    listeners: Vec<(ForwardListener, Option<Endpoint>)>,
    warning_sender: WarningSender,
    warnings: UnboundedReceiver<ForwardWarning>,
}

impl Tunnel {
    /// Opens the local listeners.
    ///
    /// # Errors
    ///
    /// [`RemoteError::CannotListen`] with the first address that cannot be
    /// opened, and the program that listens there.
    pub async fn open(forwards: Vec<Forward>) -> Result<Self, RemoteError> {
        let mut listeners = Vec::new();
        for forward in &forwards {
            let target = match forward {
                Forward::Remote { .. } => continue,
                Forward::Local { target, .. } => Some(target.clone()),
                Forward::Dynamic { .. } => None,
            };
            let opened = ForwardListener::open(forward.listen()).await?;
            listeners.extend(opened.into_iter().map(|listener| (listener, target.clone())));
        }
        let (warning_sender, warnings) = WarningSender::new();
        Ok(Self { forwards, listeners, warning_sender, warnings })
    }

    /// Returns the forwards.
    #[must_use]
    pub fn forwards(&self) -> &[Forward] {
        &self.forwards
    }

    /// Requests the remote listeners from the container.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::CannotListenInContainer`]: the port is in use there, or
    ///   the server does not permit it.
    /// - [`RemoteError::Connection`]: the connection failed.
    pub async fn listen_remote(&self, session: &Session) -> Result<(), RemoteError> {
        for forward in &self.forwards {
            if let Forward::Remote { listen, target } = forward {
                session.listen_remote(listen, target, &self.warning_sender).await?;
            }
        }
        Ok(())
    }

    /// Forwards connections over a session until it ends, and calls `warn` for
    /// each that failed.
    pub async fn serve(&mut self, session: Session, tell: impl Fn(&ForwardWarning)) {
        let session = Arc::new(session);
        let mut connections = JoinSet::new();
        let mut look = interval(CLOSED_CHECK_INTERVAL);
        loop {
            tokio::select! {
                accepted = accept(&self.listeners) => match accepted {
                    Ok((stream, peer, target)) => {
                        let connection = LocalConnection {
                            session: Arc::clone(&session),
                            peer,
                            warning_sender: self.warning_sender.clone(),
                        };
                        connections.spawn(connection.forward(stream, target));
                    }
                    Err(_) => sleep(ACCEPT_RETRY_DELAY).await,
                },
                Some(notice) = self.warnings.recv() => tell(&notice),
                Some(_) = connections.join_next() => {}
                _ = look.tick() => if session.is_closed() { return },
            }
        }
    }
}

type Accepted = (Box<dyn ByteStream>, Option<SocketAddr>, Option<Endpoint>);

async fn accept(listeners: &[(ForwardListener, Option<Endpoint>)]) -> io::Result<Accepted> {
    poll_fn(|cx| {
        for (listener, target) in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted.map(|(it, peer)| (it, peer, target.clone())));
            }
        }
        Poll::Pending
    })
    .await
}

/// A connection accepted by a local listener.
struct LocalConnection {
    session: Arc<Session>,
    peer: Option<SocketAddr>,
    warning_sender: WarningSender,
}

impl LocalConnection {
    async fn forward(self, mut stream: Box<dyn ByteStream>, target: Option<Endpoint>) {
        match target {
            Some(target) => {
                if let Some(channel) = self.open_channel(&target).await {
                    relay(channel, stream).await;
                }
            }
            None => {
                // Anything other than a SOCKS request is dropped silently.
                let request = timeout(SOCKS_TIMEOUT, SocksRequest::read(&mut stream)).await;
                let Ok(Ok(request)) = request else { return };
                let channel = self.open_tcp(&request.host, request.port).await;
                let answer = match &channel {
                    Some(_) => request.reply_connected(&mut stream).await,
                    None => request.reply_refused(&mut stream).await,
                };
                if let (Some(channel), Ok(())) = (channel, answer) {
                    relay(channel, stream).await;
                }
            }
        }
    }

    async fn open_channel(&self, target: &Endpoint) -> Option<Channel<Msg>> {
        match target {
            Endpoint::Tcp { host, port } => self.open_tcp(host, port.get()).await,
            Endpoint::Unix(path) => {
                self.channel_or_warn(self.session.connect_unix(path).await, path)
            }
        }
    }

    async fn open_tcp(&self, host: &str, port: u16) -> Option<Channel<Msg>> {
        let channel = self.session.connect_tcp(host, port, self.peer).await;
        self.channel_or_warn(channel, &format!("{host}:{port}"))
    }

    fn channel_or_warn(
        &self,
        channel: Result<Channel<Msg>, russh::Error>,
        target: &str,
    ) -> Option<Channel<Msg>> {
        if matches!(channel, Err(russh::Error::ChannelOpenFailure(_))) {
            self.warning_sender
                .send(ForwardWarning::RemoteConnectFailed { target: target.to_owned() });
        }
        channel.ok()
    }
}
