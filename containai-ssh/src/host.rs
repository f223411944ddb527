//! Any host that runs an SSH server.

use containai_core::naming::HostPort;
use containai_core::remote::{HostKey, Peer, RemoteError};

use crate::door::Door;
use crate::identity::Identity;
use crate::session::{Login, Session};
use crate::wait;

/// An SSH server anywhere: where it is, who we are there, and the only key that
/// it may show.
///
/// Nothing is read from or written to anybody's OpenSSH files.
///
/// ```no_run
/// use containai_core::naming::HostPort;
/// use containai_core::remote::HostKey;
/// use containai_ssh::{Command, Host, Identity, Input};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let key = HostKey::parse(&std::fs::read_to_string("build.pub")?)?;
/// let host = Host { name: "build.example".to_owned(), port: HostPort::new(22)?, user: "me".to_owned(), key };
/// let session = host.connect(&Identity::read("/home/me/.ssh/id_ed25519")?).await?;
/// let captured = session.output(&Command::new(["uname", "-r"])?.in_home(), Input::Null).await?;
/// # drop(captured);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    /// Its name, which the system resolves, or its address; an IPv6 address
    /// stands without brackets. For a connection [`over`](Self::connect_over)
    /// something else it only names the host in error texts.
    pub name: String,
    /// Its port; 22 is usual.
    pub port: HostPort,
    /// Whom to log in as.
    pub user: String,
    /// The pinned key.
    pub key: HostKey,
}

impl Host {
    /// Connects once and authenticates both sides, within 40 s.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::Connection`]: the host has no address, does not answer
    ///   on the port, or broke the connection or the protocol.
    /// - [`RemoteError::NotReady`]: it stayed silent for 10 s.
    /// - [`RemoteError::NotSsh`]: what answers there is no SSH server.
    /// - [`RemoteError::HostKeyMismatch`]: it showed another key.
    /// - [`RemoteError::Denied`]: it does not let us in.
    pub async fn connect(&self, identity: &Identity) -> Result<Session, RemoteError> {
        let door = wait::knock_once(&self.name, self.port).await?;
        self.enter(door, identity).await
    }

    /// As [`connect`](Self::connect), through a byte stream that leads to the
    /// server already; see [`Door::over`].
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), but [`RemoteError::Connection`] also for
    /// silence, after 30 s, and for something that is no SSH server.
    pub async fn connect_over(
        &self,
        door: Door,
        identity: &Identity,
    ) -> Result<Session, RemoteError> {
        self.enter(door, identity).await
    }

    async fn enter(&self, door: Door, identity: &Identity) -> Result<Session, RemoteError> {
        let peer = Peer::Host { name: self.name.clone(), port: self.port };
        Session::open(door, Login { peer, host_key: &self.key, user: &self.user, identity }).await
    }
}
