//! The engine and the connections of a started container.

use std::sync::{Mutex, PoisonError};

use containai_core::config::Flags;
use containai_core::engine::Container;
use containai_core::lifecycle::{PinnedKey, connect};
use containai_core::naming::WorkspacePath;
use containai_docker::DockerEngine;
use containai_ssh::{Command, ControlReceiver, ExitOutcome, Session, Stdio, Terminal};

use crate::context::Context;
use crate::worktree;

/// The engine and the connections of a container.
pub(crate) struct SandboxHandle {
    pub(crate) context: Context,
    pub(crate) engine: DockerEngine,
    pub(crate) docker_host: Option<String>,
    pub(crate) workspace: WorkspacePath,
    pub(crate) container: Container,
    /// Connections on which no command runs.
    idle: Mutex<Vec<Session>>,
}

impl SandboxHandle {
    /// Takes the connection that the start of the container opened, if it did.
    pub(crate) fn new(
        context: Context,
        docker_host: Option<String>,
        workspace: WorkspacePath,
        container: Container,
        session: Option<Session>,
    ) -> crate::Result<Self> {
        let engine = context.engine()?;
        let idle = Mutex::new(session.into_iter().collect());
        Ok(Self { context, engine, docker_host, workspace, container, idle })
    }

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
    pub(crate) fn engine_flags(&self) -> Flags {
        let mut flags = Flags::for_engine(self.docker_host.clone());
        flags.mux = Some(false);
        flags
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
    pub(crate) async fn disconnect(&self) {
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
    ) -> crate::Result<ExitOutcome> {
        let outcome = session.exec_controlled(command, terminal, stdio, control).await?;
        self.release(session);
        if let Some(variables) = &self.context.session_env {
            variables.clear_empty_marker();
        }
        let Context { env, reporter, .. } = &self.context;
        worktree::fetch_after_session(&self.container, env, reporter).await;
        Ok(outcome)
    }
}
