//! A started container.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use containai_core::config::Flags;
use containai_core::engine::Container;
use containai_core::lifecycle::{PinnedKey, connect};
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;
use containai_ssh::{Command, ControlReceiver, Session, Stdio, Terminal};

use crate::command::ExitStatus;
use crate::context::Context;
use crate::session::{SessionRequest, SetupConsent};
use crate::workspace::WorkspaceRef;
use crate::worktree;

/// A container that was started for a workspace.
///
/// [`Sandbox::builder`] creates it. The container, its volumes and its name are those that `cai`
/// uses in the workspace. A value is a handle: clones refer to the same container, and dropping the
/// last one leaves the container as it is. Methods may be called from several tasks at the same
/// time.
///
/// Every future needs a Tokio runtime with time and I/O enabled.
#[derive(Clone)]
pub struct Sandbox {
    pub(super) handle: Arc<SandboxHandle>,
}

/// The engine and the connections of a container.
pub(crate) struct SandboxHandle {
    pub(super) context: Context,
    pub(super) engine: DockerEngine,
    docker_host: Option<String>,
    pub(super) workspace: WorkspacePath,
    pub(super) container: Container,
    /// Connections on which no command runs.
    idle: Mutex<Vec<Session>>,
}

impl Sandbox {
    pub(super) fn new(
        context: Context,
        docker_host: Option<String>,
        workspace: WorkspacePath,
        container: Container,
        session: Option<Session>,
    ) -> crate::Result<Self> {
        let engine = context.engine()?;
        let idle = Mutex::new(session.into_iter().collect());
        let handle = SandboxHandle { context, engine, docker_host, workspace, container, idle };
        Ok(Self { handle: Arc::new(handle) })
    }

    /// Returns the name of the container. `ssh containai-<name>` connects to it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.handle.container.name
    }

    /// Returns the workspace, with links resolved.
    #[must_use]
    pub fn workspace(&self) -> &Path {
        self.handle.workspace.as_path()
    }
}

impl SandboxHandle {
    /// Takes an idle connection, or opens one.
    pub(crate) async fn session(&self) -> crate::Result<Session> {
        while let Some(session) = self.take_idle() {
            if !session.is_closed() {
                return Ok(session);
            }
        }
        let (engine, remote) = (&self.engine, &self.context.remote);
        Ok(Box::pin(connect(engine, remote, &self.container, PinnedKey::Valid)).await?)
    }

    /// Returns the settings that select the engine.
    pub(super) fn engine_flags(&self) -> Flags {
        Flags { docker_host: self.docker_host.clone(), mux: Some(false), ..Flags::default() }
    }

    /// Opens the container of a workspace on the same engine.
    pub(super) async fn open_workspace(&self, workspace: WorkspacePath) -> crate::Result<Sandbox> {
        let Context { env, reporter, .. } = &self.context;
        let (flags, workspace) = (self.engine_flags(), WorkspaceRef::Explicit(workspace));
        let request = SessionRequest::new(env, reporter, flags, workspace, SetupConsent::Never)?;
        request.open_sandbox(self.docker_host.clone()).await
    }

    fn take_idle(&self) -> Option<Session> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps a connection for the next command.
    pub(crate) fn release(&self, session: Session) {
        if !session.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }

    /// Disconnects all idle connections.
    pub(super) async fn disconnect(&self) {
        while let Some(session) = self.take_idle() {
            session.close().await;
        }
    }

    /// Adds the variables that the configuration has for sessions.
    pub(crate) fn with_session_env(&self, command: Command) -> crate::Result<Command> {
        match &self.context.session_env {
            Some(variables) => variables.apply(&command),
            None => Ok(command),
        }
    }

    /// Runs a command to its end, then fetches the changes of git in a linked worktree.
    pub(crate) async fn run(
        &self,
        session: Session,
        command: &Command,
        terminal: Terminal,
        stdio: Stdio,
        control: ControlReceiver,
    ) -> crate::Result<ExitStatus> {
        let outcome = session.exec_controlled(command, terminal, stdio, control).await?;
        self.release(session);
        if let Some(variables) = &self.context.session_env {
            variables.clear_empty_marker();
        }
        let Context { env, reporter, .. } = &self.context;
        worktree::fetch_after_session(&self.container, &env.layout, reporter).await;
        Ok(ExitStatus::from_outcome(outcome))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("name", &self.handle.container.name)
            .field("workspace", &self.handle.workspace)
            .finish_non_exhaustive()
    }
}
