//! The configuration of a workspace, and the clients of its engine and its container.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::{Arc, OnceLock};

use containai_core::config::{Config, Flags};
use containai_core::engine::Isolation;
use containai_core::hint::Hint;
use containai_core::naming::{ClientId, WorkspacePath};
use containai_docker::host::{EngineRecord, RestartWait, wait_while_starting};
use containai_docker::{AddressError, DockerEngine, EngineAddress};
use containai_ssh::{ClientOptions, ForwardAgent, SshRemote};

use crate::devcontainer_file::AppliedDevcontainer;
use crate::error::OperationError;
use crate::hooks;
use crate::openssh_connector::openssh_connector;
use crate::openssh_report::OpenSshReport;
use crate::process_env::ProcessEnv;
use crate::remote_engine;
use crate::report::Reporter;
use crate::session_env::SessionEnv;
use crate::settings;

/// The configuration of a workspace, and the clients of its engine and its container.
#[derive(Clone)]
pub struct Context {
    /// The facts of the process.
    pub env: ProcessEnv,
    pub(crate) reporter: Reporter,
    /// The configuration.
    pub config: Config,
    /// The address of the engine.
    pub address: EngineAddress,
    /// The record of the set-up; `None` for another engine than the dedicated one, or without
    /// set-up.
    pub(crate) record: Option<EngineRecord>,
    /// The SSH client.
    pub remote: SshRemote,
    /// The variables of the workspace's sessions; `None` if there are none.
    pub(crate) session_env: Option<SessionEnv>,
    /// The `devcontainer.json` that applies to the workspace, or the error of reading it. An
    /// error prevents a new container, and no session in an existing one.
    pub(crate) devcontainer: Result<Option<Arc<AppliedDevcontainer>>, OperationError>,
    /// The file that sessions follow: [`Self::devcontainer`], else the one that the existing
    /// container was created from.
    pub(crate) session_devcontainer: Option<Arc<AppliedDevcontainer>>,
    /// The id of this machine, for a remote engine; `None` for a local one.
    pub client: Option<ClientId>,
    /// Set after the first wait for the engine.
    engine_wait: Arc<OnceLock<()>>,
}

impl Context {
    /// Reads the configuration. The engine is not contacted. `None` reads no configuration of a
    /// workspace.
    ///
    /// # Errors
    ///
    /// The configuration is invalid or cannot be read.
    pub fn new(
        env: &ProcessEnv,
        reporter: &Reporter,
        flags: Flags,
        workspace: Option<&WorkspacePath>,
    ) -> crate::Result<Self> {
        let config = settings::resolve(env, reporter, flags, workspace)?;
        let address = engine_address(&config, env)?;
        let dedicated = EngineAddress::unix(env.engine.socket());
        let record = if address == dedicated { EngineRecord::read(&env.engine)? } else { None };
        let devcontainer = match workspace {
            Some(workspace) => AppliedDevcontainer::configured(env, workspace, &config),
            None => Ok(None),
        };
        let of_container =
            workspace.and_then(|it| AppliedDevcontainer::of_container(env, it, &config));
        let session_devcontainer = match &devcontainer {
            Ok(Some(applied)) => Some(applied.clone()),
            _ => of_container,
        };
        let variables = session_devcontainer.as_ref().map(|it| it.session_env());
        let remote = SshRemote::new(env.layout.clone())
            .with_engine(address.to_string())
            .with_proxy(remote_engine::proxy_route(&address, env))
            .with_connector(openssh_connector(&address, env))
            .with_listener(Arc::new(OpenSshReport::new(env, reporter)))
            .with_client_options(client_options(&config));
        if matches!(address, EngineAddress::Tcp(_)) && env.certificates.is_none() {
            reporter.warn(
                "the connection to this engine is neither encrypted nor authenticated: set `DOCKER_CERT_PATH`",
            );
        }
        let session_env = match workspace {
            Some(workspace) => {
                let variables = variables.unwrap_or_default();
                SessionEnv::read(&config, &variables, workspace, env, reporter)?
            }
            None => None,
        };
        let client = if address.is_remote() { Some(remote_engine::client(env)?) } else { None };
        let forwards_agent = config.forward_agent.value;
        let (env, reporter) = (env.clone(), reporter.clone());
        let mut context = Self {
            env,
            reporter,
            config,
            address,
            record,
            remote,
            session_env,
            devcontainer,
            session_devcontainer,
            client,
            engine_wait: Arc::default(),
        };
        if forwards_agent {
            context.enable_agent_forwarding();
        }
        Ok(context)
    }

    /// Forgets the `devcontainer.json` of a container that no longer exists, and its variables.
    pub(crate) fn forget_container_devcontainer(
        &mut self,
        workspace: &WorkspacePath,
    ) -> crate::Result<()> {
        let is_configured = matches!(&self.devcontainer, Ok(Some(_)));
        if self.session_devcontainer.is_none() || is_configured {
            return Ok(());
        }
        self.session_devcontainer = None;
        let none = BTreeMap::new();
        self.session_env =
            SessionEnv::read(&self.config, &none, workspace, &self.env, &self.reporter)?;
        Ok(())
    }

    /// Reads the configuration of a command that selects containers by name, of any workspace.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn of_engine(env: &ProcessEnv, reporter: &Reporter, flags: &Flags) -> crate::Result<Self> {
        let flags = Flags::for_engine(flags.docker_host.clone());
        Self::new(env, reporter, flags, None)
    }

    /// Returns the arguments with which another call of `cai` uses the same engine.
    pub fn docker_host_args(&self) -> Vec<String> {
        match self.is_dedicated_engine() {
            true => Vec::new(),
            false => vec![format!("--docker-host={}", self.address)],
        }
    }

    /// Forwards the user's SSH agent to sessions, if there is one.
    pub(crate) fn enable_agent_forwarding(&mut self) {
        match &self.env.agent_socket {
            Some(socket) => self.remote = self.remote.clone().with_agent(socket),
            None => self.reporter.detail("no SSH agent is forwarded: `SSH_AUTH_SOCK` is not set"),
        }
    }

    /// Returns whether the engine is the dedicated one of this machine.
    pub fn is_dedicated_engine(&self) -> bool {
        self.address.socket() == Some(&self.env.engine.socket())
    }

    /// Returns the isolation that the engine had before the last set-up changed it.
    pub fn previous_isolation(&self) -> Option<Isolation> {
        self.record.as_ref().and_then(|record| record.previous)
    }

    /// Creates a client for the engine; see [`DockerEngine::connect`]. If the dedicated engine is
    /// being started or restarted, waits for it first, for a minute at most.
    ///
    /// # Errors
    ///
    /// The certificates or the start-up hooks cannot be read.
    pub fn engine(&self) -> crate::Result<DockerEngine> {
        if self.record.is_some() {
            self.engine_wait.get_or_init(|| {
                wait_while_starting(&self.env.engine, || announce_wait(&self.reporter));
            });
        }
        self.engine_client()
    }

    /// Creates a client as [`Self::engine`] does, without a wait.
    pub(crate) fn engine_client(&self) -> crate::Result<DockerEngine> {
        let engine = DockerEngine::connect(self.address.clone(), self.env.certificates.as_deref())?
            .with_build_lock(self.env.layout.image_lock())
            .with_build_env(self.env.build_env())
            .with_startup_hooks(hooks::read(&self.env.layout.startup_hooks())?);
        let ownership = self.record.as_ref().and_then(|it| it.ownership(&self.env.engine));
        let engine =
            engine.with_ownership(ownership).with_reclaim_listener(Arc::new(self.reporter.clone()));
        let engine = match self.is_dedicated_engine() && self.record.is_some() {
            true => {
                let reporter = self.reporter.clone();
                let wait =
                    RestartWait::new(self.env.engine.clone(), move || announce_wait(&reporter));
                engine.with_restart_wait(wait)
            }
            false => engine,
        };
        Ok(match &self.client {
            Some(client) => engine.with_client(client.clone()),
            None => engine,
        })
    }
}

fn announce_wait(reporter: &Reporter) {
    reporter.say("waiting for the engine, which is being started");
}

/// Returns the configured engine, else the dedicated one.
fn engine_address(config: &Config, env: &ProcessEnv) -> Result<EngineAddress, OperationError> {
    match &config.docker_host.value {
        None => Ok(EngineAddress::unix(env.engine.socket())),
        Some(text) => EngineAddress::from_str(text).map_err(|error| invalid_address(&error)),
    }
}

/// Returns the configured options of OpenSSH for the container.
fn client_options(config: &Config) -> ClientOptions {
    let (local, remote) = (&config.local_forward.value, &config.remote_forward.value);
    let forward_agent = match config.forward_agent.value {
        true => ForwardAgent::Yes,
        false => ForwardAgent::No,
    };
    let forwards = local.iter().chain(remote).cloned().collect();
    ClientOptions::new(forward_agent, forwards, config.client_options.value.clone())
}

fn invalid_address(error: &AddressError) -> OperationError {
    OperationError::usage(error.to_string()).hint(Hint::new(
        "use `unix:///path`, `tcp://host:port` or `ssh://user@host[:port][/socket]`",
    ))
}
