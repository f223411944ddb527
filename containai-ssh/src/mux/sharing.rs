//! The client of the mux daemon.

use std::io::{self, ErrorKind, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio as Streams};
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::hello::Hello;
use super::lease::Lease;
use super::offer::Offer;
use super::place;
use super::reply::{self, Reply};
use super::target::Target;
use super::wire::Wire;
use crate::remote::SshRemote;

/// The timeout of a reply; the daemon tests an idle connection at most.
const ANSWER: Duration = Duration::from_secs(1);
/// The timeout of a reply while the daemon opens a connection.
const OPENING: Duration = Duration::from_secs(3);
/// The same through a proxy, which is a login of its own.
const DETOUR: Duration = Duration::from_secs(11);

/// A client of the mux daemon, which shares connections between commands of one
/// user.
#[derive(Clone, Debug)]
pub struct Sharing {
    remote: SshRemote,
    path: PathBuf,
    version: String,
    occasion: String,
}

/// The reason why no connection can be leased.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLease {
    /// No daemon is running; [`start_daemon`](MuxClient::start_daemon) starts
    /// one.
    #[error("the mux daemon is not running")]
    Nobody,
    /// The daemon is of another version, and exits.
    #[error("the mux daemon is of another version and is exiting")]
    Retiring,
    /// The daemon does not reply in time.
    #[error("the mux daemon timed out")]
    Late,
    /// The daemon has no connection for this target and cannot open one.
    #[error("{0}")]
    Unavailable(String),
}

impl NoLease {
    /// Whether [`MuxClient::start_daemon`] would help later clients.
    #[must_use]
    pub fn wants_broker(&self) -> bool {
        matches!(self, Self::Nobody | Self::Retiring)
    }
}

impl Sharing {
    /// Creates a client that shares connections with programs of the same
    /// version.
    #[must_use]
    pub fn new(remote: SshRemote, version: impl Into<String>) -> Self {
        let path = remote.layout().mux_socket();
        Self { remote, path, version: version.into(), occasion: String::new() }
    }

    /// Sets the cache key, under which [`prefetch`](Self::prefetch) finds the
    /// target of an earlier [`lease`](Self::lease). Default: none.
    #[must_use]
    pub fn on(mut self, occasion: impl Into<String>) -> Self {
        self.occasion = occasion.into();
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
    pub async fn borrow(&self, target: &Target) -> Result<Lease, NoLease> {
        let hello = Hello::Lease { target: target.clone(), occasion: self.occasion.clone() };
        let mut wire = self.greet(&hello).await?;
        let mut reply = answer(&mut wire, ANSWER).await?;
        if reply == Reply::Opening {
            let patience = if target.detour.is_some() { DETOUR } else { OPENING };
            reply = answer(&mut wire, patience).await?;
        }
        match reply {
            Reply::Ready => Ok(Lease { wire, port: target.port }),
            reply => Err(refusal(reply)),
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
    pub async fn recall(&self) -> Result<Option<Offer>, NoLease> {
        let mut wire = self.greet(&Hello::Recall { occasion: self.occasion.clone() }).await?;
        match answer(&mut wire, ANSWER).await? {
            Reply::Offered(target) => {
                let lease = Lease { wire, port: target.port };
                Ok(Some(Offer { target, lease, since: Instant::now() }))
            }
            Reply::Forgotten => Ok(None),
            reply => Err(refusal(reply)),
        }
    }

    /// Starts a daemon that prepares a connection for the next client, without
    /// waiting for it. The program has to call [`daemonize`](super::daemonize)
    /// and [`serve`](super::serve).
    ///
    /// # Errors
    ///
    /// Those of the system calls.
    pub fn begin(&self, mut program: Program, target: &Target) -> io::Result<()> {
        if !place::fits(&self.path) {
            return Err(ErrorKind::InvalidFilename.into());
        }
        let (mut ours, theirs) = StdUnixStream::pair()?;
        let hello = Hello::Warmth { target: target.clone() }.encode(&self.version);
        let length = u32::try_from(hello.len()).map_err(io::Error::other)?;
        ours.write_all(&[&length.to_le_bytes(), hello.as_slice()].concat())?;
        program.stdin(OwnedFd::from(theirs)).stdout(Streams::null()).stderr(Streams::null());
        let mut broker = program.spawn()?;
        // The daemon may exit before this process, and is its child until then.
        thread::Builder::new().name("mux-daemon".to_owned()).spawn(move || broker.wait())?;
        Ok(())
    }

    async fn greet(&self, hello: &Hello) -> Result<Wire, NoLease> {
        match timeout(ANSWER, self.say(hello)).await {
            Err(_) => Err(NoLease::Late),
            Ok(Err(error)) if error.kind() == ErrorKind::WouldBlock => Err(NoLease::Late),
            Ok(Err(_)) => Err(NoLease::Nobody),
            Ok(Ok(wire)) => Ok(wire),
        }
    }

    async fn say(&self, hello: &Hello) -> io::Result<Wire> {
        if !place::is_usable(&self.path) {
            return Err(ErrorKind::NotFound.into());
        }
        let wire = Wire::connect(&self.path)?;
        if !wire.is_ours() {
            return Err(ErrorKind::PermissionDenied.into());
        }
        wire.send(&hello.encode(&self.version)).await?;
        Ok(wire)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn into_parts(self) -> (SshRemote, String) {
        (self.remote, self.version)
    }
}

/// Converts a reply other than a lease.
fn refusal(reply: Reply) -> NoLease {
    match reply {
        Reply::Retiring => NoLease::Retiring,
        Reply::Unavailable(why) => NoLease::Unavailable(why),
        _ => NoLease::Unavailable("unexpected reply from the mux daemon".to_owned()),
    }
}

async fn answer(wire: &mut Wire, patience: Duration) -> Result<Reply, NoLease> {
    match timeout(patience, wire.receive(reply::LONGEST)).await {
        Err(_) => Err(NoLease::Late),
        // The daemon has just exited, before it got the command.
        Ok(Err(_) | Ok(None)) => Err(NoLease::Nobody),
        Ok(Ok(Some(message))) => {
            Reply::decode(&message).map_err(|error| NoLease::Unavailable(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let samples = containai_core::samples!(NoLease {
            Nobody: [NoLease::Nobody],
            Retiring: [NoLease::Retiring],
            Late: [NoLease::Late],
            Unavailable: [NoLease::Unavailable("Permission denied (publickey).".to_owned())],
        });
        insta::assert_snapshot!(containai_core::fake::worded(&samples));
    }
}
