//! Any host with an SSH server.

use containai_core::naming::HostPort;
use containai_core::remote::{HostKey, Peer, RemoteError};

use crate::identity::SshIdentity;
use crate::readiness;
use crate::session::{Login, Session};
use crate::transport::Transport;

/// An SSH server on any host: its address, the user to log in as, and its
/// pinned host key.
///
/// OpenSSH's files are neither read nor written.
///
/// ```no_run
/// use containai_core::naming::HostPort;
/// use containai_core::remote::HostKey;
/// use containai_ssh::{Command, Input, SshIdentity, SshServer};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let key = HostKey::parse(&std::fs::read_to_string("build.pub")?)?;
/// let server = SshServer::new("build.example", HostPort::new(22)?, "me", key);
/// let session = server.connect(&SshIdentity::read("/home/me/.ssh/id_ed25519")?).await?;
/// let captured = session.output(&Command::new(["uname", "-r"])?.in_home(), Input::Null).await?;
/// # drop(captured);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SshServer {
    /// The host name, which the system resolves, or the address; an IPv6
    /// address has no brackets. With [`connect_over`](Self::connect_over) it
    /// appears in error messages only.
    pub name: String,
    /// The port, usually 22.
    pub port: HostPort,
    /// The user to log in as.
    pub user: String,
    /// The pinned host key.
    pub key: HostKey,
}

impl SshServer {
    /// Describes a server by its host name or address, with its pinned host key.
    pub fn new(
        name: impl Into<String>,
        port: HostPort,
        user: impl Into<String>,
        key: HostKey,
    ) -> Self {
        Self { name: name.into(), port, user: user.into(), key }
    }

    /// Connects once and authenticates both sides, within 40 s.
    ///
    /// # Errors
    ///
    /// - [`RemoteError::Connection`]: the name does not resolve, the port does
    ///   not answer, or the connection or the protocol failed.
    /// - [`RemoteError::NotReady`]: the server was silent for 10 s.
    /// - [`RemoteError::NotSsh`]: the port is served by something other than
    ///   SSH.
    /// - [`RemoteError::HostKeyMismatch`]: the server presented another key.
    /// - [`RemoteError::KeyRejected`]: the server does not accept the identity.
    pub async fn connect(&self, identity: &SshIdentity) -> Result<Session, RemoteError> {
        let transport = readiness::connect_once(&self.name, self.port).await?;
        self.authenticate(transport, identity).await
    }

    /// As [`connect`](Self::connect), over an established transport; see
    /// [`Transport::over`].
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), but a server that is silent for 30 s or
    /// does not speak SSH is [`RemoteError::Connection`].
    pub async fn connect_over(
        &self,
        transport: Transport,
        identity: &SshIdentity,
    ) -> Result<Session, RemoteError> {
        self.authenticate(transport, identity).await
    }

    async fn authenticate(
        &self,
        transport: Transport,
        identity: &SshIdentity,
    ) -> Result<Session, RemoteError> {
        let peer = Peer::Host { name: self.name.clone(), port: self.port };
        Session::open(transport, Login { peer, host_key: &self.key, user: &self.user, identity })
            .await
    }
}
