//! What every command that talks to an engine needs.

use std::str::FromStr as _;
use std::sync::Arc;

use containai_core::config::{Config, Flags};
use containai_core::engine::Isolation;
use containai_core::hint::Hint;
use containai_core::naming::{ClientId, WorkspacePath};
use containai_docker::host::EngineRecord;
use containai_docker::{AddressError, DockerEngine, EngineAddress};
use containai_ssh::{ClientOptions, ForwardAgent, SshRemote};

use crate::devcontainer_file::DevcontainerSessionOptions;
use crate::error::OperationError;
use crate::hooks;
use crate::process_env::ProcessEnv;
use crate::remote_engine;
use crate::report::Reporter;
use crate::session_env::SessionEnv;
use crate::settings;

/// The configuration for one workspace, and the two ways to its container.
#[derive(Clone)]
pub struct Context {
    pub env: ProcessEnv,
    pub(crate) reporter: Reporter,
    pub config: Config,
    pub address: EngineAddress,
    pub(crate) record: Option<EngineRecord>,
    pub remote: SshRemote,
    /// The variables that the workspace's sessions get.
    pub(crate) session_env: Option<SessionEnv>,
    /// This machine, for an engine that runs on another one.
    pub client: Option<ClientId>,
}

impl Context {
    /// Reads the configuration; talks to nobody yet.
    pub fn new(
        env: &ProcessEnv,
        reporter: &Reporter,
        flags: Flags,
        workspace: Option<&WorkspacePath>,
    ) -> crate::Result<Self> {
        let config = settings::resolve(env, reporter, flags, workspace)?;
        let own = EngineAddress::unix(env.engine.socket());
        let address = match &config.docker_host.value {
            None => own.clone(),
            Some(text) => EngineAddress::from_str(text).map_err(|error| invalid_address(&error))?,
        };
        let record = match address == own {
            true => EngineRecord::read(&env.engine)?,
            false => None,
        };
        let sessions = workspace
            .map(|workspace| DevcontainerSessionOptions::read(env, workspace, &config))
            .unwrap_or_default();
        let remote = SshRemote::new(env.layout.clone())
            .with_engine(address.to_string())
            .with_proxy(remote_engine::proxy_route(&address, env))
            .with_client_options(client_options(&config, &sessions));
        if matches!(address, EngineAddress::Tcp(_)) && env.certificates.is_none() {
            reporter.warn(
                "what goes to this engine is neither secret nor safe from change: set `DOCKER_CERT_PATH`",
            );
        }
        let lends = config.forward_agent.value;
        let imported = match workspace {
            Some(workspace) => {
                SessionEnv::read(&config, &sessions.variables, workspace, env, reporter)?
            }
            None => None,
        };
        let client = match address.is_remote() {
            true => Some(remote_engine::client(env)?),
            false => None,
        };
        let (env, reporter) = (env.clone(), reporter.clone());
        let mut context =
            Self { env, reporter, config, address, record, remote, session_env: imported, client };
        if lends {
            context.enable_agent_forwarding();
        }
        Ok(context)
    }

    /// The configuration of a command that works on containers by their names,
    /// of whatever workspace.
    pub fn of_engine(env: &ProcessEnv, reporter: &Reporter, flags: &Flags) -> crate::Result<Self> {
        let flags = Flags { docker_host: flags.docker_host.clone(), ..Flags::default() };
        Self::new(env, reporter, flags, None)
    }

    /// What has another call of this program use the same engine.
    pub fn docker_host_args(&self) -> Vec<String> {
        match self.is_dedicated_engine() {
            true => Vec::new(),
            false => vec![format!("--docker-host={}", self.address)],
        }
    }

    /// Lets commands use the user's SSH agent, if there is one.
    pub(crate) fn enable_agent_forwarding(&mut self) {
        match &self.env.agent_socket {
            Some(socket) => self.remote = self.remote.clone().with_agent(socket),
            None => self.reporter.detail("no SSH agent is forwarded: `SSH_AUTH_SOCK` is not set"),
        }
    }

    /// Whether the engine is the one that set-up makes on this machine.
    pub fn is_dedicated_engine(&self) -> bool {
        self.address.socket() == Some(&self.env.engine.socket())
    }

    /// The isolation that this machine's engine had before it was set up for
    /// another one.
    pub fn previous_isolation(&self) -> Option<Isolation> {
        self.record.as_ref().and_then(|record| record.previous)
    }

    /// A client for the engine; see [`DockerEngine::connect`].
    pub fn engine(&self) -> crate::Result<DockerEngine> {
        let engine = DockerEngine::connect(self.address.clone(), self.env.certificates.as_deref())?
            .with_build_lock(self.env.layout.image_lock())
            .with_build_env(self.env.surroundings())
            .with_startup_hooks(hooks::read(&self.env.layout.startup_hooks(), &self.reporter)?);
        let ownership = self.record.as_ref().and_then(|it| it.ownership(&self.env.engine));
        let engine =
            engine.with_ownership(ownership).with_reclaim_listener(Arc::new(self.reporter.clone()));
        Ok(match &self.client {
            Some(client) => engine.with_client(client.clone()),
            None => engine,
        })
    }
}

/// What the configuration says about OpenSSH's sessions.
fn client_options(config: &Config, sessions: &DevcontainerSessionOptions) -> ClientOptions {
    let (local, remote) = (&config.local_forward.value, &config.remote_forward.value);
    ClientOptions {
        forward_agent: match config.forward_agent.value {
            true => ForwardAgent::Yes,
            false => ForwardAgent::No,
        },
        forwards: local.iter().chain(remote).chain(&sessions.forwards).cloned().collect(),
        options: config.client_options.value.clone(),
    }
}

fn invalid_address(error: &AddressError) -> OperationError {
    OperationError::usage(error.to_string()).hint(Hint::new(
        "use `unix:///path`, `tcp://host:port` or `ssh://user@host[:port][/socket]`",
    ))
}
