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
const CHANNEL: Duration = Duration::from_millis(500);
/// The timeout of a new connection; the daemon does not wait for servers
/// that are not ready.
const CONNECTION: Duration = Duration::from_secs(2);
/// The same through a proxy, which is a login of its own.
const DETOUR: Duration = Duration::from_secs(10);
/// The maximum numbers of idle connections: to one container, and in total.
const MOST: (usize, usize) = (4, 32);

/// A connection with a channel on which nothing runs yet.
pub(super) type Open = (Session, Channel<Msg>);

/// The pool of idle connections.
pub(super) struct Pool {
    remote: SshRemote,
    patience: Duration,
    idle: Mutex<Vec<Idle>>,
    /// The targets of connections that are being opened ahead of their use.
    warming: watch::Sender<Vec<Target>>,
}

struct Idle {
    target: Target,
    session: Session,
    since: Instant,
}

impl Pool {
    /// Keeps connections for `patience` after their last command.
    pub(super) fn new(remote: SshRemote, patience: Duration) -> Self {
        Self { remote, patience, idle: Mutex::default(), warming: watch::Sender::default() }
    }

    /// Takes a responsive connection to the target. A dead connection is
    /// detected before it gets a command.
    pub(super) async fn take(&self, target: &Target) -> Option<Open> {
        self.sweep(Some(target));
        self.idle_to(target).await
    }

    /// As [`Self::take_idle`], for a target that is not verified: connections
    /// to other targets on the same port are kept.
    pub(super) async fn try_take(&self, target: &Target) -> Option<Open> {
        self.sweep(None);
        self.idle_to(target).await
    }

    async fn idle_to(&self, target: &Target) -> Option<Open> {
        while let Some(session) = self.pop(target) {
            if let Ok(Ok(channel)) = timeout(CHANNEL, session.open_channel()).await {
                return Some((session, channel));
            }
        }
        None
    }

    /// Opens a new connection, or takes one that is being prewarmed.
    pub(super) async fn open(&self, target: &Target) -> Result<Open, RemoteError> {
        let mut warming = self.warming.subscribe();
        if warming.borrow().contains(target) {
            let made = warming.wait_for(|targets| !targets.contains(target));
            // Prewarming has the same timeout.
            let _ = timeout(patience(target), made).await;
            if let Some(open) = self.take(target).await {
                return Ok(open);
            }
        }
        let opening = async {
            let session = self.remote_to(target).open_pinned(target.port, &target.host_key).await?;
            let channel = session.open_channel().await?;
            Ok((session, channel))
        };
        let late = |_| RemoteError::Connection {
            peer: Peer::Container(target.port),
            source: "the server timed out".into(),
        };
        timeout(patience(target), opening).await.map_err(late)?
    }

    /// Prepares a connection for the next client. No client waits for it, so
    /// errors are ignored.
    pub(super) async fn warm(&self, target: &Target) {
        self.sweep(Some(target));
        if self.idle().iter().any(|idle| idle.target == *target) {
            return;
        }
        self.warming.send_modify(|targets| targets.push(target.clone()));
        let remote = self.remote_to(target);
        let opening = remote.open_pinned(target.port, &target.host_key);
        if let Ok(Ok(session)) = timeout(patience(target), opening).await {
            self.give_back(target.clone(), session);
        }
        self.warming.send_modify(|targets| {
            if let Some(at) = targets.iter().position(|other| other == target) {
                targets.swap_remove(at);
            }
        });
    }

    /// Keeps a connection whose command has ended normally.
    pub(super) fn give_back(&self, target: Target, session: Session) {
        let mut idle = self.idle();
        let (most, most_in_all) = MOST;
        let alike = idle.iter().filter(|idle| idle.target == target).count();
        if alike < most && idle.len() < most_in_all {
            idle.push(Idle { target, session, since: Instant::now() });
        }
    }

    /// Closes connections that are dead or too old, whose host key is no longer
    /// pinned, or that are to another container on the wanted port.
    pub(super) fn sweep(&self, wanted: Option<&Target>) {
        let is_pinned = |target: &Target| {
            self.remote_to(target).is_pinned(target.port, &target.host_key).unwrap_or_default()
        };
        let is_replaced = |target: &Target| {
            wanted.is_some_and(|wanted| {
                wanted.port == target.port && wanted.detour == target.detour && wanted != target
            })
        };
        self.idle().retain(|idle| {
            idle.session.is_open()
                && idle.since.elapsed() < self.patience
                && !is_replaced(&idle.target)
                && is_pinned(&idle.target)
        });
    }

    fn remote_to(&self, target: &Target) -> SshRemote {
        self.remote.clone().with_detour(target.detour.clone())
    }

    /// Removes the most recently used connection, the least likely to be dead.
    fn pop(&self, target: &Target) -> Option<Session> {
        let mut idle = self.idle();
        let last = idle.iter().rposition(|idle| idle.target == *target)?;
        Some(idle.remove(last).session)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn patience(target: &Target) -> Duration {
    if target.detour.is_some() { DETOUR } else { CONNECTION }
}
