//! Connections that commands share.
//!
//! The first command of a container opens a connection of its own and starts
//! this program once more, as what keeps connections for the commands to come.

use std::os::unix::process::CommandExt as _;
use std::process::{Command as Program, ExitCode};
use std::time::Duration;

use anyhow::Context as _;
use containai_core::engine::Container;
use containai_core::naming::ContainerName;
use containai_core::remote::Remote as _;
use containai_ssh::SshRemote;
use containai_ssh::mux::{self, Sharing, Target, Way};

use crate::context::Context;
use crate::env::{self, Env};
use crate::role::BROKER;

/// How many sessions at once get a processor each.
const THREADS: usize = 4;

/// What this command has to do with shared connections.
pub(crate) struct Shared<'a> {
    context: &'a Context<'a>,
    sharing: Option<Sharing>,
    wants_broker: bool,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        let is_wanted = context.config.mux.value;
        let sharing = is_wanted.then(|| sharing(context.remote.clone()));
        Self { context, sharing, wants_broker: true }
    }

    /// Borrows a connection to a running container, if there is one.
    pub(crate) async fn borrow(&mut self, container: &Container) -> anyhow::Result<Option<Way>> {
        let Some(sharing) = &self.sharing else {
            return Ok(None);
        };
        let Some(target) = self.target(container).await else {
            return Ok(None);
        };
        match sharing.borrow(&target).await {
            Ok(lease) => {
                // What heals the files of OpenSSH when nothing is opened.
                if let Ok(name) = ContainerName::parse(&container.name) {
                    self.context.remote.introduce(&name, target.port, &target.host_key).await?;
                }
                Ok(Some(Way::Lent(lease)))
            }
            Err(error) => {
                self.wants_broker = error.wants_broker();
                self.context.ui.detail(&format!("opening a connection: {error}"));
                Ok(None)
            }
        }
    }

    /// Has a connection kept ready for the next command, now that this one has
    /// its own. That it fails is no reason to stop.
    pub(crate) async fn begin(&self, container: &Container) {
        let Some(sharing) = self.sharing.as_ref().filter(|_| self.wants_broker) else {
            return;
        };
        let Some(target) = self.target(container).await else {
            return;
        };
        let mut program = Program::new("/proc/self/exe");
        program.arg0(BROKER).arg(self.context.config.mux_idle.value.as_secs().to_string());
        program.env_clear().envs(env::kept());
        if let Err(error) = sharing.begin(program, &target) {
            self.context.ui.detail(&format!("cannot share connections: {error}"));
        }
    }

    async fn target(&self, container: &Container) -> Option<Target> {
        let port = container.labels.ssh_port()?;
        let host_key = self.context.remote.pinned(port).await.ok()??;
        let engine = self.context.address.to_string();
        Some(Target { engine, container: container.id.clone(), port, host_key })
    }
}

/// Runs what keeps the connections. Nobody listens to it, so it says nothing.
pub(crate) fn main() -> ExitCode {
    match serve() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> anyhow::Result<mux::Ended> {
    let first = mux::detach()?;
    let seconds = std::env::args().nth(1).context("no number of seconds")?.parse()?;
    let remote = SshRemote::new(Env::read()?.layout);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()?;
    let patience = Duration::from_secs(seconds);
    let ended = runtime.block_on(mux::serve(sharing(remote), patience, Some(first)));
    // A thread that still writes to a stream that nobody reads must not keep
    // the process.
    runtime.shutdown_background();
    Ok(ended?)
}

fn sharing(remote: SshRemote) -> Sharing {
    Sharing::new(remote, env!("CARGO_PKG_VERSION"))
}
