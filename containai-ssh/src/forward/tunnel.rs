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

use super::listener::{Listener, Stream};
use super::notice::{Notice, Notices};
use super::relay::relay;
use super::socks::Request;
use crate::session::Session;

/// The interval of checks for a closed connection.
const LOOK: Duration = Duration::from_millis(200);
/// The pause before the next accept when file descriptors are exhausted.
const PAUSE: Duration = Duration::from_millis(100);
/// The timeout of a SOCKS request.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// A set of forwards whose local listeners stay open across connections.
///
/// Clients that connect between two connections wait for the next one.
pub struct Tunnel {
    forwards: Vec<Forward>,
    /// Each with its target; `None` for SOCKS.
    listeners: Vec<(Listener, Option<Endpoint>)>,
    notices: Notices,
    told: UnboundedReceiver<Notice>,
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
            let opened = Listener::open(forward.listen()).await?;
            listeners.extend(opened.into_iter().map(|listener| (listener, target.clone())));
        }
        let (notices, told) = Notices::new();
        Ok(Self { forwards, listeners, notices, told })
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
    pub async fn listen_inside(&self, session: &Session) -> Result<(), RemoteError> {
        for forward in &self.forwards {
            if let Forward::Remote { listen, target } = forward {
                session.listen_inside(listen, target, &self.notices).await?;
            }
        }
        Ok(())
    }

    /// Forwards connections over a session until it ends, and calls `warn` for
    /// each that failed.
    pub async fn serve(&mut self, session: Session, tell: impl Fn(&Notice)) {
        let session = Arc::new(session);
        let mut connections = JoinSet::new();
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                accepted = accept(&self.listeners) => match accepted {
                    Ok((stream, peer, target)) => {
                        let connection = Connection {
                            session: Arc::clone(&session),
                            peer,
                            notices: self.notices.clone(),
                        };
                        connections.spawn(connection.lead(stream, target));
                    }
                    Err(_) => sleep(PAUSE).await,
                },
                Some(notice) = self.told.recv() => tell(&notice),
                Some(_) = connections.join_next() => {}
                _ = look.tick() => if session.is_closed() { return },
            }
        }
    }
}

type Accepted = (Box<dyn Stream>, Option<SocketAddr>, Option<Endpoint>);

async fn accept(listeners: &[(Listener, Option<Endpoint>)]) -> io::Result<Accepted> {
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
struct Connection {
    session: Arc<Session>,
    peer: Option<SocketAddr>,
    notices: Notices,
}

impl Connection {
    async fn lead(self, mut stream: Box<dyn Stream>, target: Option<Endpoint>) {
        match target {
            Some(target) => {
                if let Some(channel) = self.channel(&target).await {
                    relay(channel, stream).await;
                }
            }
            None => {
                // Anything other than a SOCKS request is dropped silently.
                let request = timeout(HANDSHAKE, Request::read(&mut stream)).await;
                let Ok(Ok(request)) = request else { return };
                let channel = self.tcp(&request.host, request.port).await;
                let answer = match &channel {
                    Some(_) => request.grant(&mut stream).await,
                    None => request.refuse(&mut stream).await,
                };
                if let (Some(channel), Ok(())) = (channel, answer) {
                    relay(channel, stream).await;
                }
            }
        }
    }

    async fn channel(&self, target: &Endpoint) -> Option<Channel<Msg>> {
        match target {
            Endpoint::Tcp { host, port } => self.tcp(host, port.get()).await,
            Endpoint::Unix(path) => self.led(self.session.connect_unix(path).await, path),
        }
    }

    async fn tcp(&self, host: &str, port: u16) -> Option<Channel<Msg>> {
        let channel = self.session.connect_tcp(host, port, self.peer).await;
        self.led(channel, &format!("{host}:{port}"))
    }

    fn led(
        &self,
        channel: Result<Channel<Msg>, russh::Error>,
        target: &str,
    ) -> Option<Channel<Msg>> {
        if matches!(channel, Err(russh::Error::ChannelOpenFailure(_))) {
            self.notices.tell(Notice::RefusedInside { target: target.to_owned() });
        }
        channel.ok()
    }
}
