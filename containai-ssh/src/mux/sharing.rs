//! The client's side of the broker.

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

/// How long the broker may take to answer at all; it has nothing to do first
/// but to try a connection that it has.
const ANSWER: Duration = Duration::from_secs(1);
/// How long it may take to make a connection.
const OPENING: Duration = Duration::from_secs(3);
/// The same by a detour, which is a login of its own.
const DETOUR: Duration = Duration::from_secs(11);

/// Connections that the commands of one user share.
#[derive(Clone, Debug)]
pub struct Sharing {
    remote: SshRemote,
    path: PathBuf,
    version: String,
    occasion: String,
}

/// Why there is nothing to borrow.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLease {
    /// Nobody shares connections; it is time to [`begin`](Sharing::begin).
    #[error("nobody shares connections yet")]
    Nobody,
    /// Whoever does is of another version, and makes room.
    #[error("connections are shared by another version, which ends")]
    Retiring,
    /// Whoever does gives no answer in time.
    #[error("who shares connections takes too long")]
    Late,
    /// Whoever does has none for this target and cannot make one.
    #[error("{0}")]
    Unavailable(String),
}

impl NoLease {
    /// Whether [`Sharing::begin`] would help those who come later.
    #[must_use]
    pub fn wants_broker(&self) -> bool {
        matches!(self, Self::Nobody | Self::Retiring)
    }
}

impl Sharing {
    /// Shares the connections of a remote among programs of one version.
    #[must_use]
    pub fn new(remote: SshRemote, version: impl Into<String>) -> Self {
        let path = remote.layout().mux_socket();
        Self { remote, path, version: version.into(), occasion: String::new() }
    }

    /// Says what is asked for in words of one's own, by which
    /// [`recall`](Self::recall) finds what [`borrow`](Self::borrow) lent before.
    /// Default: nothing is found.
    #[must_use]
    pub fn on(mut self, occasion: impl Into<String>) -> Self {
        self.occasion = occasion.into();
        self
    }

    /// Borrows a connection with an open channel.
    ///
    /// Takes a second at most, and four where a connection has to be made;
    /// without a broker it returns at once. Nothing has run when it fails.
    ///
    /// # Errors
    ///
    /// See [`NoLease`].
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

    /// Asks for what was borrowed last on the same occasion, for whoever has yet
    /// to learn whether that is meant; `None` where there is nothing to offer.
    ///
    /// Takes a second at most.
    ///
    /// # Errors
    ///
    /// See [`NoLease`].
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

    /// Starts a broker that makes a connection for whoever comes next; does not
    /// wait for it. The program is one that calls [`detach`](super::detach) and
    /// [`serve`](super::serve).
    ///
    /// # Errors
    ///
    /// What the system says.
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
        // It may end before we do, and is our child until then.
        thread::Builder::new().name("broker".to_owned()).spawn(move || broker.wait())?;
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

/// What it means that nothing is lent.
fn refusal(reply: Reply) -> NoLease {
    match reply {
        Reply::Retiring => NoLease::Retiring,
        Reply::Unavailable(why) => NoLease::Unavailable(why),
        _ => NoLease::Unavailable("an answer that was not asked for".to_owned()),
    }
}

async fn answer(wire: &mut Wire, patience: Duration) -> Result<Reply, NoLease> {
    match timeout(patience, wire.receive(reply::LONGEST)).await {
        Err(_) => Err(NoLease::Late),
        // It has ended just now, and nobody has got our command yet.
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
