//! Forwards, from one connection to the next.

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

/// How often it is looked whether the connection still stands.
const LOOK: Duration = Duration::from_millis(200);
/// How long to wait when the system has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a client may take to say where it wants to go.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// A set of forwards whose local ends stay open while connections come and go.
///
/// Who connects while there is no connection waits for the next one.
pub struct Tunnel {
    forwards: Vec<Forward>,
    /// Each with where it leads; `None` for SOCKS.
    listeners: Vec<(Listener, Option<Endpoint>)>,
    notices: Notices,
    told: UnboundedReceiver<Notice>,
}

impl Tunnel {
    /// Opens the local ends.
    ///
    /// # Errors
    ///
    /// [`RemoteError::CannotListen`] naming the first end that cannot be
    /// opened, and who holds it.
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

    /// What is forwarded.
    #[must_use]
    pub fn forwards(&self) -> &[Forward] {
        &self.forwards
    }

    /// Asks the container to open the remote ends.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::CannotListenInside`]: the port is taken there, or the
    ///   server does not allow it.
    /// - [`RemoteError::Connection`]: the connection broke.
    pub async fn listen_inside(&self, session: &Session) -> Result<(), RemoteError> {
        for forward in &self.forwards {
            if let Forward::Remote { listen, target } = forward {
                session.listen_inside(listen, target, &self.notices).await?;
            }
        }
        Ok(())
    }

    /// Leads connections through a session until that ends, and tells what
    /// could not be led on.
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

/// One connection that somebody made to a local end.
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
                // What is no SOCKS request is none of ours to complain about.
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
