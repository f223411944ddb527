//! The client of the mux daemon.

use std::io::{self, ErrorKind, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio as Streams};
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::handshake::MuxRequest;
use super::lease::Lease;
use super::message_socket::MessageSocket;
use super::prefetch::PrefetchedConnection;
use super::reply::{self, MuxReply};
use super::socket;
use super::target::Target;
use crate::remote::SshRemote;

/// The timeout of a reply; the daemon tests an idle connection at most.
const REPLY_TIMEOUT: Duration = Duration::from_secs(1);
/// The timeout of a reply while the daemon opens a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The same through a proxy, which is a login of its own.
const PROXY_CONNECT_TIMEOUT: Duration = Duration::from_secs(11);

/// A client of the mux daemon, which shares connections between commands of one
/// user.
#[derive(Clone, Debug)]
pub struct MuxClient {
    remote: SshRemote,
    path: PathBuf,
    version: String,
    cache_key: String,
}

/// The reason why no connection can be leased.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// No daemon is running; [`start_daemon`](MuxClient::start_daemon) starts
    /// one.
    #[error("the mux daemon is not running")]
    NotRunning,
    /// The daemon is of another version, and exits.
    #[error("the mux daemon is of another version and is exiting")]
    VersionMismatch,
    /// The daemon does not reply in time.
    #[error("the mux daemon timed out")]
    Timeout,
    /// The daemon has no connection for this target and cannot open one.
    #[error("{0}")]
    Unavailable(String),
}

impl LeaseError {
    /// Whether [`MuxClient::start_daemon`] would help later clients.
    #[must_use]
    pub fn should_start_daemon(&self) -> bool {
        matches!(self, Self::NotRunning | Self::VersionMismatch)
    }
}

impl MuxClient {
    /// Creates a client that shares connections with programs of the same
    /// version.
    #[must_use]
    pub fn new(remote: SshRemote, version: impl Into<String>) -> Self {
        let path = remote.layout().mux_socket();
        Self { remote, path, version: version.into(), cache_key: String::new() }
    }

    /// Sets the cache key, under which [`prefetch`](Self::prefetch) finds the
    /// target of an earlier [`lease`](Self::lease). Default: none.
    #[must_use]
    pub fn on(mut self, cache_key: impl Into<String>) -> Self {
        self.cache_key = cache_key.into();
        self
    }

    /// Leases a connection with an open channel.
    ///
    /// Takes at most one second, or four if the daemon opens a connection;
    /// without a daemon it returns at once. After an error, nothing has run.
    ///
    /// # Errors
    ///
    /// See [`LeaseError`].
    pub async fn lease(&self, target: &Target) -> Result<Lease, LeaseError> {
        let request =
            MuxRequest::Lease { target: target.clone(), cache_key: self.cache_key.clone() };
        let mut message_socket = self.send_request(&request).await?;
        let mut reply = receive_reply(&mut message_socket, REPLY_TIMEOUT).await?;
        if reply == MuxReply::Opening {
            let idle_timeout =
                if target.proxy.is_some() { PROXY_CONNECT_TIMEOUT } else { CONNECT_TIMEOUT };
            reply = receive_reply(&mut message_socket, idle_timeout).await?;
        }
        match reply {
            MuxReply::Ready => Ok(Lease { socket: message_socket, port: target.port }),
            reply => Err(lease_error(reply)),
        }
    }

    /// Leases a connection to the last target of the cache key, before the
    /// target is known; `None` if there is none.
    ///
    /// Takes at most one second.
    ///
    /// # Errors
    ///
    /// See [`LeaseError`].
    pub async fn prefetch(&self) -> Result<Option<PrefetchedConnection>, LeaseError> {
        let mut message_socket =
            self.send_request(&MuxRequest::Prefetch { cache_key: self.cache_key.clone() }).await?;
        match receive_reply(&mut message_socket, REPLY_TIMEOUT).await? {
            MuxReply::Prefetched(target) => {
                let lease = Lease { socket: message_socket, port: target.port };
                Ok(Some(PrefetchedConnection { target, lease, since: Instant::now() }))
            }
            MuxReply::NothingPrefetched => Ok(None),
            reply => Err(lease_error(reply)),
        }
    }

    /// Starts a daemon that prepares a connection for the next client, without
    /// waiting for it. The program has to call [`daemonize`](super::daemonize)
    /// and [`serve`](super::serve).
    ///
    /// # Errors
    ///
    /// Those of the system calls.
    pub fn start_daemon(&self, mut program: Program, target: &Target) -> io::Result<()> {
        if !socket::has_valid_length(&self.path) {
            return Err(ErrorKind::InvalidFilename.into());
        }
        let (mut ours, theirs) = StdUnixStream::pair()?;
        let request = MuxRequest::Prewarm { target: target.clone() }.encode(&self.version);
        let length = u32::try_from(request.len()).map_err(io::Error::other)?;
        ours.write_all(&[&length.to_le_bytes(), request.as_slice()].concat())?;
        program.stdin(OwnedFd::from(theirs)).stdout(Streams::null()).stderr(Streams::null());
        let mut daemon = program.spawn()?;
        // The daemon may exit before this process, and is its child until then.
        thread::Builder::new().name("mux-daemon".to_owned()).spawn(move || daemon.wait())?;
        Ok(())
    }

    async fn send_request(&self, request: &MuxRequest) -> Result<MessageSocket, LeaseError> {
        match timeout(REPLY_TIMEOUT, self.connect_and_send(request)).await {
            Err(_) => Err(LeaseError::Timeout),
            Ok(Err(error)) if error.kind() == ErrorKind::WouldBlock => Err(LeaseError::Timeout),
            Ok(Err(_)) => Err(LeaseError::NotRunning),
            Ok(Ok(message_socket)) => Ok(message_socket),
        }
    }

    async fn connect_and_send(&self, request: &MuxRequest) -> io::Result<MessageSocket> {
        if !socket::is_trusted(&self.path) {
            return Err(ErrorKind::NotFound.into());
        }
        let message_socket = MessageSocket::connect(&self.path)?;
        if !message_socket.is_same_user() {
            return Err(ErrorKind::PermissionDenied.into());
        }
        message_socket.send(&request.encode(&self.version)).await?;
        Ok(message_socket)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn into_parts(self) -> (SshRemote, String) {
        (self.remote, self.version)
    }
}

/// Converts a reply other than a lease.
fn lease_error(reply: MuxReply) -> LeaseError {
    match reply {
        MuxReply::VersionMismatch => LeaseError::VersionMismatch,
        MuxReply::Unavailable(why) => LeaseError::Unavailable(why),
        _ => LeaseError::Unavailable("unexpected reply from the mux daemon".to_owned()),
    }
}

async fn receive_reply(
    message_socket: &mut MessageSocket,
    idle_timeout: Duration,
) -> Result<MuxReply, LeaseError> {
    match timeout(idle_timeout, message_socket.receive(reply::MAX_REPLY_LEN)).await {
        Err(_) => Err(LeaseError::Timeout),
        // The daemon has just exited, before it got the command.
        Ok(Err(_) | Ok(None)) => Err(LeaseError::NotRunning),
        Ok(Ok(Some(message))) => {
            MuxReply::decode(&message).map_err(|error| LeaseError::Unavailable(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_messages() {
        let samples = containai_core::samples!(LeaseError {
            NotRunning: [LeaseError::NotRunning],
            VersionMismatch: [LeaseError::VersionMismatch],
            Timeout: [LeaseError::Timeout],
            Unavailable: [LeaseError::Unavailable("Permission denied (publickey).".to_owned())],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
