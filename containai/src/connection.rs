//! The way a command takes into a container that runs.
//!
//! The first one opens a connection of its own and starts this program once
//! more, as what keeps connections for the commands to come.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::pin::pin;
use std::process::Command as Program;
use std::time::Duration;

use containai_core::engine::Container;
use containai_core::naming::ContainerName;
use containai_core::remote::Remote as _;
use containai_ssh::mux::{Connection, Lease, LeaseError, MuxClient, PrefetchedConnection, Target};
use containai_ssh::{Command, ExitOutcome, Session, SshRemote, Stdio, Terminal};
use tokio::time::timeout;

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::remote_engine;
use crate::report::Reporter;
use crate::session_env::SessionEnv;
use crate::worktree;

/// How long a command runs before something is done for those that follow.
const WARM_UP_DELAY: Duration = Duration::from_millis(200);

/// The way to a running container: shared where that works, else one's own.
pub struct SessionConnection {
    connection: Connection,
    warm_up: Option<WarmUp>,
    session_env: Option<SessionEnv>,
    container: Container,
    env: ProcessEnv,
    reporter: Reporter,
}

/// What there is to borrow, looked at while the engine is asked which container
/// is meant: the engine's word decides whether that is it.
pub(crate) struct PrefetchedLease {
    cache_key: String,
    offer: Result<Option<PrefetchedConnection>, LeaseError>,
}

impl PrefetchedLease {
    /// Nothing was looked at.
    pub(crate) fn none() -> Self {
        Self { cache_key: String::new(), offer: Ok(None) }
    }

    /// Looks at what was borrowed last with the same words for the container.
    pub(crate) async fn fetch(sharing: Option<MuxClient>, occasion: String) -> Self {
        let seen = match sharing {
            None => Ok(None),
            Some(sharing) => sharing.on(&occasion).prefetch().await,
        };
        Self { cache_key: occasion, offer: seen }
    }
}

/// Who shares connections; `None` where none is to be shared.
pub(crate) fn mux_client(context: &Context) -> Option<MuxClient> {
    // What the broker opens forwards no agent.
    let is_shared = context.config.mux.value
        && !context.remote.forwards_agent()
        && context.env.mux_program.is_some();
    is_shared.then(|| sharing(context.remote.clone()))
}

/// The name that the mux daemon is called by; no file has it.
pub const MUX_PROGRAM: &str = "containai-mux";

/// The connections that programs of this version share.
#[must_use]
pub fn sharing(remote: SshRemote) -> MuxClient {
    MuxClient::new(remote, env!("CARGO_PKG_VERSION"))
}

/// What makes it quicker for the commands that follow.
struct WarmUp {
    client: MuxClient,
    target: Target,
    env: ProcessEnv,
    program: PathBuf,
    idle_seconds: u64,
}

impl SessionConnection {
    /// Borrows a connection to a running container, if there is one.
    pub(crate) async fn shared(
        context: &Context,
        container: &Container,
        glimpse: PrefetchedLease,
    ) -> crate::Result<Option<Self>> {
        let lease = Self::shared_lease(context, container, glimpse).await?;
        Ok(lease.map(|lease| Self::new(Connection::Shared(lease), None, context, container)))
    }

    fn new(
        connection: Connection,
        warm_up: Option<WarmUp>,
        context: &Context,
        container: &Container,
    ) -> Self {
        let (env, reporter) = (context.env.clone(), context.reporter.clone());
        let (session_env, container) = (context.session_env.clone(), container.clone());
        Self { connection, warm_up, session_env, container, env, reporter }
    }

    /// As [`Self::borrowed`], for a command of ours.
    pub(crate) async fn shared_lease(
        context: &Context,
        container: &Container,
        glimpse: PrefetchedLease,
    ) -> crate::Result<Option<Lease>> {
        let Some(WarmUp { client: sharing, target, .. }) = WarmUp::of(context, container).await
        else {
            return Ok(None);
        };
        let borrow = async {
            match glimpse.offer?.and_then(|offer| offer.for_target(&target)) {
                Some(lease) => Ok(lease),
                None => sharing.on(glimpse.cache_key).lease(&target).await,
            }
        };
        // What heals the files of OpenSSH where nothing is opened; done while
        // the other side is at work.
        let heal = async {
            match ContainerName::parse(&container.name) {
                Ok(name) => context.remote.register(&name, target.port, &target.host_key).await,
                Err(_) => Ok(()),
            }
        };
        match tokio::join!(borrow, heal) {
            (Ok(lease), healed) => {
                healed?;
                Ok(Some(lease))
            }
            (Err(error), _) => {
                context.reporter.detail(&format!("opening a connection: {error}"));
                Ok(None)
            }
        }
    }

    /// Has a connection made for the commands that follow.
    pub(crate) async fn prewarm(context: &Context, container: &Container) {
        if let Some(sequel) = WarmUp::of(context, container).await {
            // The next command goes its own way where this fails.
            let _ = sequel.start();
        }
    }

    /// Takes a connection of one's own.
    pub(crate) async fn dedicated(
        context: &Context,
        container: &Container,
        session: Session,
    ) -> Self {
        Self::new(
            Connection::Dedicated(session),
            WarmUp::of(context, container).await,
            context,
            container,
        )
    }

    /// Runs a command, and brings over what git did meanwhile in a linked
    /// worktree. A connection for the next one is made when this one
    /// goes on for a while, else when it has ended: both at once would only
    /// compete.
    pub(crate) async fn exec(
        self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> crate::Result<ExitOutcome> {
        let given =
            self.session_env.as_ref().map(|imported| imported.apply(command)).transpose()?;
        let command = given.as_ref().unwrap_or(command);
        let mut running = pin!(self.connection.exec(command, terminal, stdio));
        let early = timeout(WARM_UP_DELAY, &mut running).await;
        if let Some(sequel) = self.warm_up {
            // The next command goes its own way where this fails.
            let _ = sequel.start();
        }
        let outcome = match early {
            Ok(outcome) => outcome,
            Err(_) => running.await,
        }?;
        if let Some(imported) = &self.session_env {
            imported.clear_empty_marker();
        }
        worktree::fetch_after_session(&self.container, &self.env.layout, &self.reporter).await;
        Ok(outcome)
    }

    /// Returns the connection; `None` if it is shared.
    pub(crate) fn into_session(self) -> Option<Session> {
        match self.connection {
            Connection::Dedicated(session) => Some(session),
            Connection::Shared(_) => None,
        }
    }

    /// Leaves the workspace's variables inside, for sessions of other programs.
    pub async fn apply_env(self) -> crate::Result<()> {
        if self.session_env.is_some() {
            let nothing = Command::new(["true"])?;
            self.exec(&nothing, Terminal::None, Stdio::default()).await?;
        }
        Ok(())
    }
}

impl WarmUp {
    /// `None` where nothing is to be shared or can be, as nothing is pinned.
    async fn of(context: &Context, container: &Container) -> Option<Self> {
        let sharing = mux_client(context)?;
        let port = container.labels.ssh_port()?;
        let host_key = context.remote.pinned_host_key(port).await.ok()??;
        let engine = context.address.to_string();
        Some(Self {
            client: sharing,
            target: Target {
                container: container.id.clone(),
                proxy: remote_engine::proxy_route(&context.address, &context.env),
                engine,
                port,
                host_key,
            },
            env: context.env.clone(),
            program: context.env.mux_program.clone()?,
            idle_seconds: context.config.mux_idle.value.as_secs(),
        })
    }

    /// Starts this program once more; one that finds another at work ends.
    fn start(&self) -> io::Result<()> {
        let mut program = Program::new(&self.program);
        program
            .arg0(MUX_PROGRAM)
            .arg(self.idle_seconds.to_string())
            .env_clear()
            .envs(self.env.kept());
        self.client.start_daemon(program, &self.target)
    }
}
