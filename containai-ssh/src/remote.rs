//! Everything about reaching containers, behind the border of the core.

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

/// The way into the containers of one user: [`Remote`] over OpenSSH's files
/// and native sessions.
///
/// Needs a Tokio runtime with time and network enabled; one thread is enough.
#[derive(Clone, Debug)]
pub struct SshRemote {
    layout: Layout,
    user: String,
    engine: Option<String>,
    detour: Option<Detour>,
    wishes: Wishes,
    agent: Option<PathBuf>,
}

/// A chosen port that no other process of this user chooses meanwhile.
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

    /// Logs in as another user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Notes the address of the engine in what is written, so that it can be
    /// told later whose container it was.
    #[must_use]
    pub fn with_engine(mut self, address: impl Into<String>) -> Self {
        self.engine = Some(address.into());
        self
    }

    /// Reaches the ports of the machine that the engine runs on by a detour.
    /// Default: they are this machine's.
    #[must_use]
    pub fn with_detour(mut self, detour: Option<Detour>) -> Self {
        self.detour = detour;
        self
    }

    /// The name under which the host key behind a port is pinned.
    #[must_use]
    pub fn pin_name(&self, port: HostPort) -> HostKeyAlias {
        match &self.detour {
            Some(detour) => detour.alias(port),
            None => HostKeyAlias::here(port),
        }
    }

    /// Writes more than what is needed into the OpenSSH configuration.
    #[must_use]
    pub fn with_wishes(mut self, wishes: Wishes) -> Self {
        self.wishes = wishes;
        self
    }

    /// Whether commands may use an SSH agent; see [`Self::with_agent`].
    #[must_use]
    pub fn lends_agent(&self) -> bool {
        self.agent.is_some()
    }

    /// Lets commands use the SSH agent that listens on this socket, for as
    /// long as their session lasts.
    ///
    /// # Security
    ///
    /// Whatever runs in the container may use the agent's keys meanwhile.
    #[must_use]
    pub fn with_agent(mut self, socket: impl Into<PathBuf>) -> Self {
        self.agent = Some(socket.into());
        self
    }

    /// Makes the key pair unless it exists.
    ///
    /// # Errors
    ///
    /// [`RemoteError::BadKey`] for a file that is no usable key,
    /// [`RemoteError::Read`] and [`RemoteError::Write`] naming the file.
    pub fn make_key(&self) -> Result<(), RemoteError> {
        self.identity().map(drop)
    }

    /// Makes `~/.ssh/config` include the configuration of every container.
    /// Does nothing when it does already. Belongs to set-up: a person should
    /// know that this file is touched.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] or [`RemoteError::Write`] naming the file.
    pub fn write_include(&self) -> Result<(), RemoteError> {
        files::write_include(&self.layout)
    }

    /// Whether [`Self::write_include`] has nothing left to do.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] naming the file.
    pub fn include_is_written(&self) -> Result<bool, RemoteError> {
        files::has_include(&self.layout)
    }

    /// The OpenSSH configuration of a container, as [`Remote::introduce`]
    /// writes it.
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

    /// Finds what belongs to no container that a witness knows; see
    /// [`Leftovers::find`].
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] naming the file.
    pub fn leftovers(&self, witnesses: &[Witness]) -> Result<Leftovers, RemoteError> {
        let fragments = files::fragments(&self.layout)?;
        let pins = files::pinned_names(&self.layout)?;
        Ok(Leftovers::find(fragments, &pins, witnesses))
    }

    /// Removes what [`Self::leftovers`] found.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Write`] naming the file.
    pub async fn remove(&self, leftovers: &Leftovers) -> Result<(), RemoteError> {
        for fragment in &leftovers.fragments {
            files::remove_fragment(&self.layout, &fragment.name)?;
        }
        files::unpin(&self.layout, &leftovers.pins).await
    }

    /// The paths that this uses.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether this is the key that is pinned for a port.
    pub(crate) fn is_pinned(&self, port: HostPort, key: &HostKey) -> Result<bool, RemoteError> {
        Ok(files::pinned(&self.layout, &self.pin_name(port))?.as_ref() == Some(key))
    }

    /// Opens a session with a server that has exactly this key, which has to be
    /// the pinned one. A server that does not answer soon is an error.
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
        // What listens on another machine, only a start there can tell.
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
        // The container answers to this name now; another one with its port is
        // from before somebody renamed or replaced it.
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

    /// A connection that breaks before anything was authenticated is made anew
    /// once, unless it is [`Door::over`] something that cannot be; after that
    /// nothing is ever tried twice.
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
