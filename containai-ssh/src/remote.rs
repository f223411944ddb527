//! The implementation of [`Remote`] over SSH.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use containai_core::layout::{CONTAINER_USER, Layout};
use containai_core::naming::{ContainerName, HostKeyAlias, HostPort, PortRange, SshAlias};
use containai_core::remote::{HostKey, Peer, Remote, RemoteError, ReservedPort};

use crate::config_file::SshConfigFile;
use crate::connector::ProxyConnector;
use crate::files::{self, FileLock, IncludeState};
use crate::host_block::{ClientOptions, HostBlock};
use crate::identity::SshIdentity;
use crate::openssh_listener::OpenSshListener;
use crate::port_in_use::is_port_in_use;
use crate::proxy::{self, ProxyRoute};
use crate::session::{Login, Session};
use crate::stale_entries::{EngineContainers, StaleEntries};
use crate::transport::Transport;
use crate::{port, readiness};

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
    proxy: Option<ProxyRoute>,
    connector: Option<ProxyConnector>,
    client_options: ClientOptions,
    agent_socket: Option<PathBuf>,
    listener: Option<Arc<dyn OpenSshListener>>,
}

/// A chosen port that no other process of this user can choose meanwhile.
#[derive(Debug)]
pub struct PortReservation {
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
            proxy: None,
            connector: None,
            client_options: ClientOptions::default(),
            agent_socket: None,
            listener: None,
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
    pub fn with_proxy(mut self, route: Option<ProxyRoute>) -> Self {
        self.proxy = route;
        self
    }

    /// Sets the program with which OpenSSH connects to ports of this machine.
    /// Default: none, OpenSSH connects itself.
    #[must_use]
    pub fn with_connector(mut self, connector: Option<ProxyConnector>) -> Self {
        self.connector = connector;
        self
    }

    /// Reports OpenSSH files that cannot be written, in place of an error of
    /// [`Remote::register`] and [`Remote::unregister`]: sessions of this crate
    /// do not need them.
    #[must_use]
    pub fn with_listener(mut self, listener: Arc<dyn OpenSshListener>) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Returns the name under which the host key of a port is pinned.
    #[must_use]
    pub fn host_key_alias(&self, port: HostPort) -> HostKeyAlias {
        match &self.proxy {
            Some(route) => route.host_key_alias(port),
            None => HostKeyAlias::local(port),
        }
    }

    /// Adds options to the OpenSSH configuration.
    #[must_use]
    pub fn with_client_options(mut self, options: ClientOptions) -> Self {
        self.client_options = options;
        self
    }

    /// Whether the SSH agent is forwarded; see [`Self::with_agent`].
    #[must_use]
    pub fn forwards_agent(&self) -> bool {
        self.agent_socket.is_some()
    }

    /// Forwards the SSH agent that listens on this socket, for the duration of
    /// each session.
    ///
    /// # Security
    ///
    /// Programs in the container may use the agent's keys meanwhile.
    #[must_use]
    pub fn with_agent(mut self, socket: impl Into<PathBuf>) -> Self {
        self.agent_socket = Some(socket.into());
        self
    }

    /// Creates the key pair if it is missing.
    ///
    /// # Errors
    ///
    /// [`RemoteError::InvalidKey`] for a file that is not a usable key,
    /// [`RemoteError::Read`] and [`RemoteError::Write`] with the path of the
    /// file.
    pub fn ensure_key(&self) -> Result<(), RemoteError> {
        self.identity().map(drop)
    }

    /// Includes the configuration of every container in `~/.ssh/config`, if it
    /// is not included yet. Belongs to setup, because the user should know
    /// that this file is modified.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] or [`RemoteError::Write`] with the path of the
    /// file.
    pub fn write_include(&self) -> Result<(), RemoteError> {
        files::write_include(&self.layout)
    }

    /// Finds the `Include` in `~/.ssh/config`.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] with the path of the file.
    pub fn include_state(&self) -> Result<IncludeState, RemoteError> {
        files::include_state(&self.layout)
    }

    /// Returns the line that [`write_include`](Self::write_include) adds.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Write`] if ssh_config(5) cannot express the home
    /// directory.
    pub fn include_line(&self) -> Result<String, RemoteError> {
        files::include_line(&self.layout)
    }

    /// Connects to a port of this machine if an SSH server answers there now;
    /// `None` without one.
    pub async fn connect_now(&self, port: HostPort) -> Option<Transport> {
        readiness::connect_now(port).await
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
            proxy: self.proxy.clone(),
            connector: self.connector.clone(),
            client_options: self.client_options.clone(),
        }
    }

    /// Finds the entries that belong to no container of these engines; see
    /// [`StaleEntries::find`].
    ///
    /// # Errors
    ///
    /// [`RemoteError::Read`] with the path of the file.
    pub fn stale_entries(
        &self,
        witnesses: &[EngineContainers],
    ) -> Result<StaleEntries, RemoteError> {
        let files = files::config_files(&self.layout)?;
        let pins = files::pinned_names(&self.layout)?;
        Ok(StaleEntries::find(files, &pins, witnesses))
    }

    /// Removes the entries that [`Self::stale_entries`] found.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Write`] with the path of the file.
    pub async fn remove_stale(&self, leftovers: &StaleEntries) -> Result<(), RemoteError> {
        for file in &leftovers.config_files {
            files::remove_config_file(&self.layout, &file.name)?;
        }
        files::unpin(&self.layout, &leftovers.host_key_aliases).await
    }

    /// Returns the paths of the files.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether this key is the one that is pinned for a port.
    pub(crate) fn is_pinned(&self, port: HostPort, key: &HostKey) -> Result<bool, RemoteError> {
        Ok(files::pinned(&self.layout, &self.host_key_alias(port))?.as_ref() == Some(key))
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
        let transport = match &self.proxy {
            None => readiness::wait_ready(port, readiness::SHORT_TIMEOUT).await?,
            Some(route) => proxy::wait_ready(route, port, proxy::SHORT_TIMEOUT).await?,
        };
        Session::open(transport, self.login(port, key, &self.identity()?)).await
    }

    /// Writes the OpenSSH configuration of a container, and removes those of
    /// earlier containers on its port.
    fn write_config_file(&self, name: &ContainerName, port: HostPort) -> Result<(), RemoteError> {
        files::write_config_file(&self.layout, name, &self.host_block(name, port))?;
        // The container has this name now; another entry with its port dates
        // from before a rename or replacement.
        let is_stale = |old: &SshConfigFile| {
            old.name != *name
                && old.port == Some(port)
                && old.engine.is_some()
                && old.engine == self.engine
        };
        for old in files::config_files(&self.layout)?.into_iter().filter(is_stale) {
            files::remove_config_file(&self.layout, &old.name)?;
        }
        Ok(())
    }

    /// Reports an error of the OpenSSH files to the listener, if there is one.
    fn tolerate(&self, outcome: Result<(), RemoteError>) -> Result<(), RemoteError> {
        match (outcome, &self.listener) {
            (Err(error), Some(listener)) => {
                listener.on_unwritable(&error);
                Ok(())
            }
            (outcome, _) => outcome,
        }
    }

    fn identity(&self) -> Result<SshIdentity, RemoteError> {
        files::load_or_create_identity(&self.layout)
    }

    fn login<'a>(
        &'a self,
        port: HostPort,
        host_key: &'a HostKey,
        identity: &'a SshIdentity,
    ) -> Login<'a> {
        Login { peer: Peer::Container(port), host_key, user: &self.user, identity }
    }
}

impl Remote for SshRemote {
    type Transport = Transport;
    type Connection = Session;
    type Reservation = PortReservation;

    async fn authorized_key(&self) -> Result<String, RemoteError> {
        let line = self.identity()?.pair.public_line();
        line.map_err(|error| RemoteError::InvalidKey {
            path: self.layout.identity(),
            reason: error.to_string(),
        })
    }

    async fn reserve_port(
        &self,
        range: PortRange,
        reserved: &BTreeMap<HostPort, String>,
    ) -> Result<ReservedPort<PortReservation>, RemoteError> {
        let lock = files::lock(&self.layout.port_lock()).await?;
        // Listeners on a remote machine are detected when the container starts.
        let is_taken = |port| self.proxy.is_none() && is_port_in_use(port);
        Ok(ReservedPort {
            port: port::choose(range, reserved, is_taken)?,
            reservation: PortReservation { _lock: lock },
        })
    }

    async fn wait_ready(&self, port: HostPort) -> Result<Transport, RemoteError> {
        match &self.proxy {
            None => readiness::wait_ready(port, readiness::READY_TIMEOUT).await,
            Some(route) => proxy::wait_ready(route, port, readiness::READY_TIMEOUT).await,
        }
    }

    async fn pinned_host_key(&self, port: HostPort) -> Result<Option<HostKey>, RemoteError> {
        files::pinned(&self.layout, &self.host_key_alias(port))
    }

    async fn register(
        &self,
        name: &ContainerName,
        port: HostPort,
        key: &HostKey,
    ) -> Result<(), RemoteError> {
        files::pin(&self.layout, &self.host_key_alias(port), key).await?;
        self.tolerate(self.write_config_file(name, port))
    }

    /// A connection that fails before authentication is retried once, unless
    /// its transport is [`Transport::over`] a stream that cannot be opened
    /// again. Nothing is retried after that.
    async fn authenticate(
        &self,
        transport: Transport,
        port: HostPort,
    ) -> Result<Session, RemoteError> {
        let Some(host_key) = files::pinned(&self.layout, &self.host_key_alias(port))? else {
            return Err(RemoteError::NotPinned { port: port.get() });
        };
        let identity = self.identity()?;
        let is_ours = transport.is_tcp() || self.proxy.is_some();
        let open = |transport| Session::open(transport, self.login(port, &host_key, &identity));
        let session = match open(transport).await {
            Err(RemoteError::Connection { .. }) if is_ours => {
                open(self.wait_ready(port).await?).await
            }
            result => result,
        }?;
        if let Some(socket) = &self.agent_socket {
            session.set_agent_socket(socket.clone());
        }
        Ok(session)
    }

    async fn unregister(&self, name: &ContainerName, port: HostPort) -> Result<(), RemoteError> {
        self.tolerate(files::remove_config_file(&self.layout, name))?;
        files::unpin(&self.layout, &[self.host_key_alias(port)]).await
    }
}
