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
use containai_ssh::mux::{Lease, NoLease, Offer, Sharing, Target, Way};
use containai_ssh::{Command, ExitOutcome, Session, SshRemote, Stdio, Terminal};
use tokio::time::timeout;

use crate::context::Context;
use crate::elsewhere;
use crate::environment::Imported;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::worktree;

/// How long a command runs before something is done for those that follow.
const HEAD_START: Duration = Duration::from_millis(200);

/// The way to a running container: shared where that works, else one's own.
pub struct Passage {
    way: Way,
    sequel: Option<Sequel>,
    imported: Option<Imported>,
    container: Container,
    env: ProcessEnv,
    reporter: Reporter,
}

/// What there is to borrow, looked at while the engine is asked which container
/// is meant: the engine's word decides whether that is it.
pub(crate) struct Glimpse {
    occasion: String,
    seen: Result<Option<Offer>, NoLease>,
}

impl Glimpse {
    /// Nothing was looked at.
    pub(crate) fn none() -> Self {
        Self { occasion: String::new(), seen: Ok(None) }
    }

    /// Looks at what was borrowed last with the same words for the container.
    pub(crate) async fn of(sharing: Option<Sharing>, occasion: String) -> Self {
        let seen = match sharing {
            None => Ok(None),
            Some(sharing) => sharing.on(&occasion).recall().await,
        };
        Self { occasion, seen }
    }
}

/// Who shares connections; `None` where none is to be shared.
pub(crate) fn shared(context: &Context) -> Option<Sharing> {
    // What the broker opens forwards no agent.
    let is_shared = context.config.mux.value
        && !context.remote.lends_agent()
        && context.env.mux_program.is_some();
    is_shared.then(|| sharing(context.remote.clone()))
}

/// The name that the mux daemon is called by; no file has it.
pub const MUX_PROGRAM: &str = "containai-mux";

/// The connections that programs of this version share.
#[must_use]
pub fn sharing(remote: SshRemote) -> Sharing {
    Sharing::new(remote, env!("CARGO_PKG_VERSION"))
}

/// What makes it quicker for the commands that follow.
struct Sequel {
    sharing: Sharing,
    target: Target,
    env: ProcessEnv,
    program: PathBuf,
    seconds: u64,
}

impl Passage {
    /// Borrows a connection to a running container, if there is one.
    pub(crate) async fn borrowed(
        context: &Context,
        container: &Container,
        glimpse: Glimpse,
    ) -> crate::Result<Option<Self>> {
        let lease = Self::lease(context, container, glimpse).await?;
        Ok(lease.map(|lease| Self::by(Way::Lent(lease), None, context, container)))
    }

    fn by(way: Way, sequel: Option<Sequel>, context: &Context, container: &Container) -> Self {
        let (env, reporter) = (context.env.clone(), context.reporter.clone());
        let (imported, container) = (context.imported.clone(), container.clone());
        Self { way, sequel, imported, container, env, reporter }
    }

    /// As [`Self::borrowed`], for a command of ours.
    pub(crate) async fn lease(
        context: &Context,
        container: &Container,
        glimpse: Glimpse,
    ) -> crate::Result<Option<Lease>> {
        let Some(Sequel { sharing, target, .. }) = Sequel::of(context, container).await else {
            return Ok(None);
        };
        let borrow = async {
            match glimpse.seen?.and_then(|offer| offer.for_target(&target)) {
                Some(lease) => Ok(lease),
                None => sharing.on(glimpse.occasion).borrow(&target).await,
            }
        };
        // What heals the files of OpenSSH where nothing is opened; done while
        // the other side is at work.
        let heal = async {
            match ContainerName::parse(&container.name) {
                Ok(name) => context.remote.introduce(&name, target.port, &target.host_key).await,
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
    pub(crate) async fn warm(context: &Context, container: &Container) {
        if let Some(sequel) = Sequel::of(context, container).await {
            // The next command goes its own way where this fails.
            let _ = sequel.begin();
        }
    }

    /// Takes a connection of one's own.
    pub(crate) async fn own(context: &Context, container: &Container, session: Session) -> Self {
        Self::by(Way::Own(session), Sequel::of(context, container).await, context, container)
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
        let given = self.imported.as_ref().map(|imported| imported.give(command)).transpose()?;
        let command = given.as_ref().unwrap_or(command);
        let mut running = pin!(self.way.exec(command, terminal, stdio));
        let early = timeout(HEAD_START, &mut running).await;
        if let Some(sequel) = self.sequel {
            // The next command goes its own way where this fails.
            let _ = sequel.begin();
        }
        let outcome = match early {
            Ok(outcome) => outcome,
            Err(_) => running.await,
        }?;
        if let Some(imported) = &self.imported {
            imported.given();
        }
        worktree::bring_last(&self.container, &self.env.layout, &self.reporter).await;
        Ok(outcome)
    }

    /// Leaves the workspace's variables inside, for sessions of other programs.
    pub async fn prepare(self) -> crate::Result<()> {
        if self.imported.is_some() {
            let nothing = Command::new(["true"])?;
            self.exec(&nothing, Terminal::None, Stdio::default()).await?;
        }
        Ok(())
    }
}

impl Sequel {
    /// `None` where nothing is to be shared or can be, as nothing is pinned.
    async fn of(context: &Context, container: &Container) -> Option<Self> {
        let sharing = shared(context)?;
        let port = container.labels.ssh_port()?;
        let host_key = context.remote.pinned(port).await.ok()??;
        let engine = context.address.to_string();
        Some(Self {
            sharing,
            target: Target {
                container: container.id.clone(),
                detour: elsewhere::detour(&context.address, &context.env),
                engine,
                port,
                host_key,
            },
            env: context.env.clone(),
            program: context.env.mux_program.clone()?,
            seconds: context.config.mux_idle.value.as_secs(),
        })
    }

    /// Starts this program once more; one that finds another at work ends.
    fn begin(&self) -> io::Result<()> {
        let mut program = Program::new(&self.program);
        program.arg0(MUX_PROGRAM).arg(self.seconds.to_string()).env_clear().envs(self.env.kept());
        self.sharing.begin(program, &self.target)
    }
}
