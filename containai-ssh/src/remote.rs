//! The implementation of [`Remote`] over SSH.

use std::collections::BTreeMap;
use std::path::PathBuf;

use containai_core::layout::{CONTAINER_USER, Layout};
use containai_core::naming::{ContainerName, HostKeyAlias, HostPort, PortRange, SshAlias};
use containai_core::remote::{HostKey, Peer, Remote, RemoteError, Reserved};

use crate::detour::{self, Detour};
use crate::door::Door;
use crate::files::{self, FileLock};
use crate::fragment::Fragment;
use crate::host_block::{HostBlock, Wishes};
use crate::identity::Identity;
use crate::leftovers::{Leftovers, Witness};
use crate::listening::is_taken;
use crate::session::{Login, Session};
use crate::{port, wait};

/// SSH access to the containers of one user: [`Remote`] with OpenSSH's files
/// and native sessions.
///
/// Requires a Tokio runtime with time and network enabled; one thread is
/// enough.
#[derive(Clone, Debug)]
pub struct SshRemote {
    layout: Layout,
    user: String,
    engine: Option<String>,
    detour: Option<Detour>,
    wishes: Wishes,
    agent: Option<PathBuf>,
}

/// A chosen port that no other process of this user can choose meanwhile.
#[derive(Debug)]
pub struct Reservation {
    _lock: FileLock,
}

impl SshRemote {
    /// Uses the files of a layout and logs in as [`CONTAINER_USER`].
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            user: CONTAINER_USER.to_owned(),
            engine: None,
            detour: None,
            wishes: Wishes::default(),
            agent: None,
        }
    }

    /// Sets the user to log in as.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Records the engine's address in the written files, which identifies the
    /// owner of each entry later.
    #[must_use]
    pub fn with_engine(mut self, address: impl Into<String>) -> Self {
        self.engine = Some(address.into());
        self
    }

    /// Sets the route to the ports of a remote engine's machine. Default: the
    /// ports are on this machine.
    #[must_use]
    pub fn with_detour(mut self, detour: Option<Detour>) -> Self {
        self.detour = detour;
        self
    }

    /// Returns the name under which the host key of a port is pinned.
    #[must_use]
    pub fn pin_name(&self, port: HostPort) -> HostKeyAlias {
        match &self.detour {
            Some(detour) => detour.alias(port),
            None => HostKeyAlias::here(port),
        }
    }

    /// Adds options to the OpenSSH configuration.
    #[must_use]
    pub fn with_wishes(mut self, wishes: Wishes) -> Self {
        self.wishes = wishes;
        self
    }

    /// Whether the SSH agent is forwarded; see [`Self::with_agent`].
    #[must_use]
    pub fn lends_agent(&self) -> bool {
        self.agent.is_some()
    }

    /// Forwards the SSH agent that listens on this socket, for the duration of
    /// each session.
    ///
    /// # Security
    ///
    /// Programs in the container may use the agent's keys meanwhile.
    #[must_use]
    pub fn with_agent(mut self, socket: impl Into<PathBuf>) -> Self {
        self.agent = Some(socket.into());
        self
    }

    /// Creates the key pair if it is missing.
    ///
    /// # Errors
    ///
    /// [`RemoteError::InvalidKey`] for a file that is not a usable key,
    /// [`RemoteError::Read`] and [`RemoteError::Write`] with the path of the
    /// file.
    pub fn make_key(&self) -> Result<(), RemoteError> {
        self.identity().map(drop)
    }

    /// Includes the configuration of every container in `~/.ssh/config`, if it
    /// is not included yet. Belongs to set-up, because the user should know
    /// that this file is modified.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] or [`RemoteError::Write`] with the path of the
    /// file.
    pub fn write_include(&self) -> Result<(), RemoteError> {
        files::write_include(&self.layout)
    }

    /// Whether `~/.ssh/config` includes the configuration already.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] with the path of the file.
    pub fn include_is_written(&self) -> Result<bool, RemoteError> {
        files::has_include(&self.layout)
    }

    /// Returns the OpenSSH configuration of a container, as
    /// [`Remote::register`] writes it.
    #[must_use]
    pub fn host_block(&self, name: &ContainerName, port: HostPort) -> HostBlock {
        HostBlock {
            alias: SshAlias::of(name),
            port,
            user: self.user.clone(),
            identity: self.layout.identity(),
            known_hosts: self.layout.known_hosts(),
            engine: self.engine.clone(),
            detour: self.detour.clone(),
            wishes: self.wishes.clone(),
        }
    }

    /// Finds the entries that belong to no container of these engines; see
    /// [`StaleEntries::find`].
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] with the path of the file.
    pub fn leftovers(&self, witnesses: &[Witness]) -> Result<Leftovers, RemoteError> {
        let fragments = files::fragments(&self.layout)?;
        let pins = files::pinned_names(&self.layout)?;
        Ok(Leftovers::find(fragments, &pins, witnesses))
    }

    /// Removes the entries that [`Self::stale_entries`] found.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Write`] with the path of the file.
    pub async fn remove(&self, leftovers: &Leftovers) -> Result<(), RemoteError> {
        for fragment in &leftovers.fragments {
            files::remove_fragment(&self.layout, &fragment.name)?;
        }
        files::unpin(&self.layout, &leftovers.pins).await
    }

    /// Returns the paths of the files.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether this key is the one that is pinned for a port.
    pub(crate) fn is_pinned(&self, port: HostPort, key: &HostKey) -> Result<bool, RemoteError> {
        Ok(files::pinned(&self.layout, &self.pin_name(port))?.as_ref() == Some(key))
    }

    /// Opens a session with a server that has exactly this key, which has to be
    /// pinned. A server that does not answer soon is an error.
    pub(crate) async fn open_pinned(
        &self,
        port: HostPort,
        key: &HostKey,
    ) -> Result<Session, RemoteError> {
        if !self.is_pinned(port, key)? {
            return Err(RemoteError::NotPinned { port: port.get() });
        }
        let door = match &self.detour {
            None => wait::knock(port, wait::IMPATIENCE).await?,
            Some(detour) => detour::knock(detour, port, detour::IMPATIENCE).await?,
        };
        Session::open(door, self.login(port, key, &self.identity()?)).await
    }

    fn identity(&self) -> Result<Identity, RemoteError> {
        files::identity(&self.layout)
    }

    fn login<'a>(
        &'a self,
        port: HostPort,
        host_key: &'a HostKey,
        identity: &'a Identity,
    ) -> Login<'a> {
        Login { peer: Peer::Container(port), host_key, user: &self.user, identity }
    }
}

impl Remote for SshRemote {
    type Door = Door;
    type Session = Session;
    type Reservation = Reservation;

    async fn authorized_key(&self) -> Result<String, RemoteError> {
        let line = self.identity()?.pair.public_line();
        line.map_err(|error| RemoteError::BadKey {
            path: self.layout.identity(),
            reason: error.to_string(),
        })
    }

    async fn reserve_port(
        &self,
        range: PortRange,
        reserved: &BTreeMap<HostPort, String>,
    ) -> Result<Reserved<Reservation>, RemoteError> {
        let lock = files::lock(&self.layout.port_lock()).await?;
        // Listeners on a remote machine are detected when the container starts.
        let is_taken = |port| self.detour.is_none() && is_taken(port);
        Ok(Reserved {
            port: port::choose(range, reserved, is_taken)?,
            reservation: Reservation { _lock: lock },
        })
    }

    async fn knock(&self, port: HostPort) -> Result<Door, RemoteError> {
        match &self.detour {
            None => wait::knock(port, wait::PATIENCE).await,
            Some(detour) => detour::knock(detour, port, wait::PATIENCE).await,
        }
    }

    async fn pinned(&self, port: HostPort) -> Result<Option<HostKey>, RemoteError> {
        files::pinned(&self.layout, &self.pin_name(port))
    }

    async fn introduce(
        &self,
        name: &ContainerName,
        port: HostPort,
        key: &HostKey,
    ) -> Result<(), RemoteError> {
        files::pin(&self.layout, &self.pin_name(port), key).await?;
        files::write_fragment(&self.layout, name, &self.host_block(name, port))?;
        // The container has this name now; another entry with its port dates
        // from before a rename or replacement.
        let is_stale = |old: &Fragment| {
            old.name != *name
                && old.port == Some(port)
                && old.engine.is_some()
                && old.engine == self.engine
        };
        for old in files::fragments(&self.layout)?.into_iter().filter(is_stale) {
            files::remove_fragment(&self.layout, &old.name)?;
        }
        Ok(())
    }

    /// A connection that fails before authentication is retried once, unless
    /// its transport is [`Transport::over`] a stream that cannot be opened
    /// again. Nothing is retried after that.
    async fn open(&self, door: Door, port: HostPort) -> Result<Session, RemoteError> {
        let Some(host_key) = files::pinned(&self.layout, &self.pin_name(port))? else {
            return Err(RemoteError::NotPinned { port: port.get() });
        };
        let identity = self.identity()?;
        let is_ours = door.is_socket() || self.detour.is_some();
        let open = |door| Session::open(door, self.login(port, &host_key, &identity));
        let session = match open(door).await {
            Err(RemoteError::Connection { .. }) if is_ours => open(self.knock(port).await?).await,
            result => result,
        }?;
        if let Some(socket) = &self.agent {
            session.offer_agent(socket.clone());
        }
        Ok(session)
    }

    async fn forget(&self, name: &ContainerName, port: HostPort) -> Result<(), RemoteError> {
        files::remove_fragment(&self.layout, name)?;
        files::unpin(&self.layout, &[self.pin_name(port)]).await
    }
}
