//! The pool of idle connections.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use containai_core::remote::{Peer, RemoteError};
use russh::Channel;
use russh::client::Msg;
use tokio::sync::watch;
use tokio::time::timeout;

use super::target::Target;
use crate::remote::SshRemote;
use crate::session::Session;

/// The timeout of opening a channel on an idle connection, after which
/// that is considered dead.
const CHANNEL_TIMEOUT: Duration = Duration::from_millis(500);
/// The timeout of a new connection; the daemon does not wait for servers
/// that are not ready.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The same through a proxy, which is a login of its own.
const PROXY_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum numbers of idle connections: to one container, and in total.
const MAX_IDLE: (usize, usize) = (4, 32);

/// A connection with a channel on which nothing runs yet.
pub(super) type OpenConnection = (Session, Channel<Msg>);

/// The pool of idle connections.
pub(super) struct ConnectionPool {
    remote: SshRemote,
    idle_timeout: Duration,
    idle: Mutex<Vec<IdleConnection>>,
    /// The targets of connections that are being opened ahead of their use.
    prewarming: watch::Sender<Vec<Target>>,
}

struct IdleConnection {
    target: Target,
    session: Session,
    since: Instant,
}

impl ConnectionPool {
    /// Keeps connections for `patience` after their last command.
    pub(super) fn new(remote: SshRemote, idle_timeout: Duration) -> Self {
        Self { remote, idle_timeout, idle: Mutex::default(), prewarming: watch::Sender::default() }
    }

    /// Takes a responsive connection to the target. A dead connection is
    /// detected before it gets a command.
    pub(super) async fn take_idle(&self, target: &Target) -> Option<OpenConnection> {
        self.evict(Some(target));
        self.pop_responsive(target).await
    }

    /// As [`Self::take_idle`], for a target that is not verified: connections
    /// to other targets on the same port are kept.
    pub(super) async fn take_prefetched(&self, target: &Target) -> Option<OpenConnection> {
        self.evict(None);
        self.pop_responsive(target).await
    }

    async fn pop_responsive(&self, target: &Target) -> Option<OpenConnection> {
        while let Some(session) = self.pop(target) {
            if let Ok(Ok(channel)) = timeout(CHANNEL_TIMEOUT, session.open_channel()).await {
                return Some((session, channel));
            }
        }
        None
    }

    /// Opens a new connection, or takes one that is being prewarmed.
    pub(super) async fn open(&self, target: &Target) -> Result<OpenConnection, RemoteError> {
        let mut warming = self.prewarming.subscribe();
        if warming.borrow().contains(target) {
            let made = warming.wait_for(|targets| !targets.contains(target));
            // Prewarming has the same timeout.
            let _ = timeout(connect_timeout(target), made).await;
            if let Some(open) = self.take_idle(target).await {
                return Ok(open);
            }
        }
        let opening = async {
            let session =
                self.remote_for(target).open_pinned(target.port, &target.host_key).await?;
            let channel = session.open_channel().await?;
            Ok((session, channel))
        };
        let late = |_| RemoteError::Connection {
            peer: Peer::Container(target.port),
            source: "the server timed out".into(),
        };
        timeout(connect_timeout(target), opening).await.map_err(late)?
    }

    /// Prepares a connection for the next client. No client waits for it, so
    /// errors are ignored.
    pub(super) async fn prewarm(&self, target: &Target) {
        self.evict(Some(target));
        if self.idle().iter().any(|idle| idle.target == *target) {
            return;
        }
        self.prewarming.send_modify(|targets| targets.push(target.clone()));
        let remote = self.remote_for(target);
        let opening = remote.open_pinned(target.port, &target.host_key);
        if let Ok(Ok(session)) = timeout(connect_timeout(target), opening).await {
            self.put_back(target.clone(), session);
        }
        self.prewarming.send_modify(|targets| {
            if let Some(at) = targets.iter().position(|other| other == target) {
                targets.swap_remove(at);
            }
        });
    }

    /// Keeps a connection whose command has ended normally.
    pub(super) fn put_back(&self, target: Target, session: Session) {
        let mut idle = self.idle();
        let (most, most_in_all) = MAX_IDLE;
        let alike = idle.iter().filter(|idle| idle.target == target).count();
        if alike < most && idle.len() < most_in_all {
            idle.push(IdleConnection { target, session, since: Instant::now() });
        }
    }

    /// Closes connections that are dead or too old, whose host key is no longer
    /// pinned, or that are to another container on the wanted port.
    pub(super) fn evict(&self, wanted: Option<&Target>) {
        let is_pinned = |target: &Target| {
            self.remote_for(target).is_pinned(target.port, &target.host_key).unwrap_or_default()
        };
        let is_replaced = |target: &Target| {
            wanted.is_some_and(|wanted| {
                wanted.port == target.port && wanted.proxy == target.proxy && wanted != target
            })
        };
        self.idle().retain(|idle| {
            idle.session.is_open()
                && idle.since.elapsed() < self.idle_timeout
                && !is_replaced(&idle.target)
                && is_pinned(&idle.target)
        });
    }

    fn remote_for(&self, target: &Target) -> SshRemote {
        self.remote.clone().with_proxy(target.proxy.clone())
    }

    /// Removes the most recently used connection, the least likely to be dead.
    fn pop(&self, target: &Target) -> Option<Session> {
        let mut idle = self.idle();
        let last = idle.iter().rposition(|idle| idle.target == *target)?;
        Some(idle.remove(last).session)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<IdleConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect_timeout(target: &Target) -> Duration {
    if target.proxy.is_some() { PROXY_CONNECT_TIMEOUT } else { CONNECT_TIMEOUT }
}
