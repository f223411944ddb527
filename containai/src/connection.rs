//! The connection of a session to a running container.
//!
//! The first session opens a dedicated connection and starts the mux daemon, which keeps shared
//! connections for the sessions that follow.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::pin::pin;
use std::process::Command as Program;
use std::time::Duration;

use containai_core::engine::Container;
use containai_core::label;
use containai_core::naming::ContainerName;
use containai_core::remote::Remote as _;
use containai_ssh::mux::{Connection, Lease, LeaseError, MuxClient, PrefetchedConnection, Target};
use containai_ssh::{Command, ExitOutcome, OnDisconnect, Session, SshRemote, Stdio, Terminal};
use tokio::time::timeout;

use crate::context::Context;
use crate::process_env::ProcessEnv;
use crate::remote_engine;
use crate::report::Reporter;
use crate::session_env::SessionEnv;
use crate::{user_command, worktree};

/// The running time of a command after which a connection for the next one is opened.
const WARM_UP_DELAY: Duration = Duration::from_millis(200);

/// The program name (`argv[0]`) of the mux daemon; no file has it.
pub const MUX_PROGRAM: &str = "containai-mux";

/// The connection of a session to a running container: shared if possible, else dedicated.
pub struct SessionConnection {
    connection: Connection,
    warm_up: Option<WarmUp>,
    session_env: Option<SessionEnv>,
    container: Container,
    env: ProcessEnv,
    reporter: Reporter,
}

/// A shared connection that was looked up before the engine confirmed its container.
pub(crate) struct PrefetchedLease {
    cache_key: String,
    connection: Result<Option<PrefetchedConnection>, LeaseError>,
}

impl PrefetchedLease {
    /// Returns no connection.
    pub(crate) fn none() -> Self {
        Self { cache_key: String::new(), connection: Ok(None) }
    }

    /// Asks the mux daemon for the connection that was last leased under this key. `None` looks
    /// up nothing.
    pub(crate) async fn fetch(client: Option<MuxClient>, cache_key: String) -> Self {
        let connection = match client {
            None => Ok(None),
            Some(client) => client.on(&cache_key).prefetch().await,
        };
        Self { cache_key, connection }
    }
}

/// Returns the client of the mux daemon; `None` if connections are not shared. A shared
/// connection forwards no agent.
pub(crate) fn mux_client(context: &Context) -> Option<MuxClient> {
    let is_shared = context.config.mux.value
        && !context.remote.forwards_agent()
        && context.env.mux_program.is_some();
    is_shared.then(|| sharing(context.remote.clone()))
}

/// Returns a client of the mux daemon of this version.
#[must_use]
pub fn sharing(remote: SshRemote) -> MuxClient {
    MuxClient::new(remote, env!("CARGO_PKG_VERSION"))
}

impl SessionConnection {
    /// Leases a shared connection to a running container; `None` if there is none.
    pub(crate) async fn shared(
        context: &Context,
        container: &Container,
        prefetched: PrefetchedLease,
    ) -> crate::Result<Option<Self>> {
        let lease = Self::shared_lease(context, container, prefetched).await?;
        Ok(lease.map(|lease| Self::new(Connection::Shared(lease), None, context, container)))
    }

    /// Uses a dedicated connection.
    pub(crate) async fn dedicated(
        context: &Context,
        container: &Container,
        session: Session,
    ) -> Self {
        let warm_up = WarmUp::of(context, container).await;
        Self::new(Connection::Dedicated(session), warm_up, context, container)
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

    /// Leases a shared connection, for a command of this crate; `None` if there is none.
    pub(crate) async fn shared_lease(
        context: &Context,
        container: &Container,
        prefetched: PrefetchedLease,
    ) -> crate::Result<Option<Lease>> {
        let Some(WarmUp { client, target, .. }) = WarmUp::of(context, container).await else {
            return Ok(None);
        };
        let PrefetchedLease { cache_key, connection } = prefetched;
        let lease = async {
            match connection?.and_then(|connection| connection.for_target(&target)) {
                Some(lease) => Ok(lease),
                None => client.on(cache_key).lease(&target).await,
            }
        };
        // Repairs the OpenSSH files, which opening a connection would do otherwise, while the mux
        // daemon works.
        let registration = async {
            match ContainerName::parse(&container.name) {
                Ok(name) => context.remote.register(&name, target.port, &target.host_key).await,
                Err(_) => Ok(()),
            }
        };
        match tokio::join!(lease, registration) {
            (Ok(lease), registered) => {
                registered?;
                Ok(Some(lease))
            }
            (Err(error), _) => {
                context.reporter.detail(&format!("opening a connection: {error}"));
                Ok(None)
            }
        }
    }

    /// Has the mux daemon open a connection for the sessions that follow. Without it, they open
    /// their own.
    pub(crate) async fn prewarm(context: &Context, container: &Container) {
        if let Some(warm_up) = WarmUp::of(context, container).await {
            let _ = warm_up.start();
        }
    }

    /// Runs a command of the user, as [`Self::exec`] does: in the directory of the workspace that
    /// corresponds to the current one, and with the user's terminal.
    pub(crate) async fn exec_for_user(
        self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> crate::Result<ExitOutcome> {
        let command = user_command::prepare(command, &terminal, &self.container, &self.env);
        self.exec(&command, terminal, stdio).await
    }

    /// Runs a command, and then fetches what git committed in a linked worktree. A connection
    /// for the next session is opened when the command has run for a while or has ended: to open
    /// both at once would slow down both.
    pub(crate) async fn exec(
        self,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
    ) -> crate::Result<ExitOutcome> {
        let with_env = self.session_env.as_ref().map(|env| env.apply(command)).transpose()?;
        let command = with_env.as_ref().unwrap_or(command).clone().on_disconnect(match terminal {
            Terminal::None => self.on_disconnect(),
            // sshd hangs up the terminal.
            _ => OnDisconnect::Continue,
        });
        let mut running = pin!(self.connection.exec(&command, terminal, stdio));
        let early = timeout(WARM_UP_DELAY, &mut running).await;
        if let Some(warm_up) = self.warm_up {
            // If it fails, the next session opens its own connection.
            let _ = warm_up.start();
        }
        let outcome = match early {
            Ok(outcome) => outcome,
            Err(_) => running.await,
        }?;
        if let Some(env) = &self.session_env {
            env.clear_empty_marker();
        }
        worktree::fetch_after_session(&self.container, &self.env, &self.reporter).await;
        Ok(outcome)
    }

    /// Returns what happens to a command without a terminal when this process is killed, or the
    /// network fails. The mux daemon hangs up the command of a killed process.
    fn on_disconnect(&self) -> OnDisconnect {
        match &self.connection {
            Connection::Shared(_) if self.container.labels.get(label::CLIENT).is_none() => {
                OnDisconnect::Continue
            }
            _ => OnDisconnect::HangUp,
        }
    }

    /// Returns the connection; `None` if it is shared.
    pub(crate) fn into_session(self) -> Option<Session> {
        match self.connection {
            Connection::Dedicated(session) => Some(session),
            Connection::Shared(_) => None,
        }
    }

    /// Applies the session environment inside, for sessions of other programs such as OpenSSH.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn apply_env(self) -> crate::Result<()> {
        if self.session_env.is_some() {
            let nothing = Command::new(["true"])?;
            self.exec(&nothing, Terminal::None, Stdio::default()).await?;
        }
        Ok(())
    }
}

/// The start of the mux daemon for the sessions that follow.
struct WarmUp {
    client: MuxClient,
    target: Target,
    env: ProcessEnv,
    program: PathBuf,
    idle_seconds: u64,
}

impl WarmUp {
    /// Returns `None` if connections are not shared, or if no host key is pinned.
    async fn of(context: &Context, container: &Container) -> Option<Self> {
        let client = mux_client(context)?;
        let port = container.labels.ssh_port()?;
        let host_key = context.remote.pinned_host_key(port).await.ok()??;
        let engine = context.address.to_string();
        let mut target = Target::new(engine, container.id.clone(), port, host_key);
        target.proxy = remote_engine::proxy_route(&context.address, &context.env);
        Some(Self {
            client,
            target,
            env: context.env.clone(),
            program: context.env.mux_program.clone()?,
            idle_seconds: context.config.mux_idle.value.as_secs(),
        })
    }

    /// Starts the mux daemon. It ends at once if another one is running.
    fn start(&self) -> io::Result<()> {
        let mut program = Program::new(&self.program);
        program
            .arg0(MUX_PROGRAM)
            .arg(self.idle_seconds.to_string())
            .env_clear()
            .envs(self.env.background_variables());
        self.client.start_daemon(program, &self.target)
    }
}
