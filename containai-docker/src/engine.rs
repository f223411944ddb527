//! The client of a Docker Engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bollard::Docker;
use bollard::errors::Error;
use containai_core::engine::{Container, ContainerId, EngineError, StartupHook};
use containai_core::label::Labels;
use containai_core::manifest::Agent;
use containai_core::naming::ClientId;
use containai_core::network::HostNetwork;
use containai_core::resources::HostCapacity;

use crate::address::EngineAddress;
use crate::build_env::BuildEnv;
use crate::connect::connect;
use crate::error_map::map_error;
use crate::exec_stream::{self, SshdExecStream};
use crate::host::RestartWait;
use crate::ownership::{Ownership, ReclaimListener, ReclaimNotifier};
use crate::recipe::ImageRecipe;
use crate::{container, pause};

/// A client of a Docker Engine, and the [`Engine`](containai_core::engine::Engine) of the lifecycle.
///
/// ```no_run
/// use containai_core::engine::Engine as _;
/// use containai_docker::DockerEngine;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = DockerEngine::connect("unix:///var/run/containai-docker.sock".parse()?, None)?;
/// for container in engine.containers().await? {
///     println!("{} is {}", container.name, container.state);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DockerEngine {
    docker: Docker,
    address: EngineAddress,
    is_tls: bool,
    build_lock: Option<PathBuf>,
    ownership: Option<Ownership>,
    reclaim_notifier: ReclaimNotifier,
    client_id: Option<ClientId>,
    build_env: BuildEnv,
    startup_hooks: Vec<StartupHook>,
    agents: Vec<Agent>,
    host_network: Option<HostNetwork>,
    recipes: Vec<ImageRecipe>,
    restart_wait: Option<RestartWait>,
}

impl DockerEngine {
    /// Creates a client for the engine at `address`.
    ///
    /// `certificates` is a directory with `ca.pem`, `cert.pem` and `key.pem`, as in
    /// `DOCKER_CERT_PATH`. With `None`, `tcp://` is unencrypted; other addresses ignore it. The
    /// connection is opened with the first request.
    ///
    /// # Errors
    ///
    /// - [`EngineError::Unreachable`]: the socket does not exist.
    /// - [`EngineError::InvalidAddress`]: the certificates cannot be used.
    pub fn connect(
        address: EngineAddress,
        certificates: Option<&Path>,
    ) -> Result<Self, EngineError> {
        let docker = connect(&address, certificates)?;
        let is_secured = matches!(address, EngineAddress::Tcp(_)) && certificates.is_some();
        Ok(Self {
            docker,
            address,
            is_tls: is_secured,
            build_lock: None,
            ownership: None,
            reclaim_notifier: ReclaimNotifier::default(),
            client_id: None,
            build_env: BuildEnv::default(),
            startup_hooks: Vec::new(),
            agents: Vec::new(),
            host_network: None,
            recipes: Vec::new(),
            restart_wait: None,
        })
    }

    /// Sets the lock file that serialises image builds of several processes, so that an image is
    /// built once. Default: no lock.
    #[must_use]
    pub fn with_build_lock(mut self, path: PathBuf) -> Self {
        self.build_lock = Some(path);
        self
    }

    /// Sets the wait for an engine that ends while it is asked for the list of containers, which every
    /// command requests first. Default: an error.
    #[must_use]
    pub fn with_restart_wait(mut self, wait: RestartWait) -> Self {
        self.restart_wait = Some(wait);
        self
    }

    /// Sets the proxies, certificates and registries of image builds. Default: those of the engine.
    #[must_use]
    pub fn with_build_env(mut self, build_env: BuildEnv) -> Self {
        self.build_env = build_env;
        self
    }

    /// Adds programs that containers run at start, in the order of their names; a program replaces
    /// an earlier one of its name. They are installed together with the key, before each start.
    /// Default: none.
    #[must_use]
    pub fn with_startup_hooks(mut self, hooks: Vec<StartupHook>) -> Self {
        self.startup_hooks.retain(|old| hooks.iter().all(|new| new.name() != old.name()));
        self.startup_hooks.extend(hooks);
        self.startup_hooks.sort_by(|a, b| a.name().cmp(b.name()));
        self
    }

    /// Sets the agents whose commands get the default arguments of their manifests in every kind of
    /// session. The programs themselves may be installed by other means. The wrappers are installed
    /// together with the key, before each start. Default: those of the image.
    #[must_use]
    pub fn with_agents(mut self, agents: Vec<Agent>) -> Self {
        self.agents = agents;
        self
    }

    /// Sets the certificates and proxies of containers, which are installed before each start.
    /// Default: containers keep those of their last start.
    #[must_use]
    pub fn with_host_network(mut self, network: Option<HostNetwork>) -> Self {
        self.host_network = network;
        self
    }

    /// Manages the owners of the files in workspaces on this machine: files of host root are lent
    /// to the agent while the container exists, and files of container ids are given to the
    /// workspace's owner before the container is removed. Default: owners do not change.
    #[must_use]
    pub fn with_ownership(mut self, ownership: Option<Ownership>) -> Self {
        self.ownership = ownership;
        self
    }

    /// Sets the listener for files that are reclaimed before a container is removed. Default: none.
    #[must_use]
    pub fn with_reclaim_listener(mut self, listener: Arc<dyn ReclaimListener>) -> Self {
        self.reclaim_notifier = ReclaimNotifier(Some(listener));
        self
    }

    /// Sets the client id of this machine for a remote engine: only workspaces that this client
    /// copied there are visible. Default: the engine runs on this machine and mounts its
    /// workspaces.
    #[must_use]
    pub fn with_client(mut self, client: ClientId) -> Self {
        self.client_id = Some(client);
        self
    }

    /// Registers an image that is built if it is requested and missing. Default: images that
    /// ContainAI does not ship are pulled.
    #[must_use]
    pub fn with_recipe(mut self, recipe: ImageRecipe) -> Self {
        self.recipes.push(recipe);
        self
    }

    /// Returns the programs that containers run at start.
    pub(crate) fn startup_hooks(&self) -> &[StartupHook] {
        &self.startup_hooks
    }

    /// Returns the agents that are installed in containers.
    pub(crate) fn agents(&self) -> &[Agent] {
        &self.agents
    }

    pub(crate) fn recipe(&self, reference: &str) -> Option<&ImageRecipe> {
        self.recipes.iter().find(|recipe| recipe.reference.as_str() == reference)
    }

    /// Returns the engine's address.
    pub fn address(&self) -> &EngineAddress {
        &self.address
    }

    /// Whether the connection uses TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Returns the underlying client.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Returns the engine's version, such as `20.10.24`.
    ///
    /// # Errors
    ///
    /// Mainly [`EngineError::Unreachable`] and [`EngineError::AccessDenied`].
    pub async fn version(&self) -> Result<String, EngineError> {
        let version = self.docker.version().await.map_err(|error| self.map_error(error))?;
        Ok(version.version.unwrap_or_default())
    }

    /// Returns the memory and processors of the engine's machine; 0 for values that the engine does
    /// not report.
    ///
    /// # Errors
    ///
    /// Mainly [`EngineError::Unreachable`] and [`EngineError::AccessDenied`].
    pub async fn capacity(&self) -> Result<HostCapacity, EngineError> {
        let info = self.docker.info().await.map_err(|error| self.map_error(error))?;
        Ok(HostCapacity {
            memory_bytes: info.mem_total.and_then(|bytes| bytes.try_into().ok()).unwrap_or(0),
            cpus: info.ncpu.and_then(|count| count.try_into().ok()).unwrap_or(0),
        })
    }

    /// Connects to an SSH server in a running container through the engine, without the container's
    /// port.
    ///
    /// # Errors
    ///
    /// - [`EngineError::NoSuchContainer`].
    /// - [`EngineError::Refused`]: the container does not run.
    pub async fn connect_sshd(&self, id: &ContainerId) -> Result<SshdExecStream, EngineError> {
        exec_stream::connect(&self.docker, id).await.map_err(|error| self.map_error(error))
    }

    /// Pauses a container; does nothing if it is stopped.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn pause(&self, id: &ContainerId) -> Result<(), EngineError> {
        pause::pause(&self.docker, id).await.map_err(|error| self.map_error(error))
    }

    pub(crate) async fn list_containers(&self) -> Result<Vec<Container>, EngineError> {
        let listed = container::list(&self.docker).await.map_err(|error| self.map_error(error));
        match (listed, self.restart_wait.clone()) {
            (Err(EngineError::Unreachable { .. }), Some(wait)) => {
                Box::pin(self.list_after_restart(wait)).await
            }
            (outcome, _) => outcome,
        }
    }

    async fn list_after_restart(&self, wait: RestartWait) -> Result<Vec<Container>, EngineError> {
        wait.wait().await;
        container::list(&self.docker).await.map_err(|error| self.map_error(error))
    }

    pub(crate) fn ownership(&self) -> Option<&Ownership> {
        self.ownership.as_ref()
    }

    pub(crate) fn reclaim_notifier(&self) -> &ReclaimNotifier {
        &self.reclaim_notifier
    }

    pub(crate) fn client_id(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }

    /// Whether an object is managed by ContainAI and belongs to this client.
    pub(crate) fn owns(&self, labels: &Labels) -> bool {
        labels.is_managed() && labels.belongs_to(self.client_id.as_ref())
    }

    pub(crate) fn host_network(&self) -> Option<&HostNetwork> {
        self.host_network.as_ref()
    }

    pub(crate) fn build_env(&self) -> &BuildEnv {
        &self.build_env
    }

    pub(crate) fn build_lock(&self) -> Option<&Path> {
        self.build_lock.as_deref()
    }

    pub(crate) fn map_error(&self, error: Error) -> EngineError {
        map_error(error, &self.address)
    }
}
