//! A container that is reconnected to after restarts.

use std::path::Path;
use std::time::Duration;

use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _, EngineError, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{DriveError, PinnedKey, connect};
use containai_core::naming::WorkspacePath;
use containai_core::remote::RemoteError;
use containai_docker::DockerEngine;
use containai_ssh::Session;

use crate::context::Context;
use crate::error::OperationError;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::target;

/// The interval of checks whether the container runs again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// A container that can be restarted, or recreated, between connections.
pub struct ReconnectingContainer {
    /// The configuration for the workspace of the container.
    pub context: Context,
    engine: DockerEngine,
    container: Container,
}

impl ReconnectingContainer {
    /// Finds a running container by its name or its workspace; `None` for `name` is the workspace
    /// of the current directory.
    ///
    /// # Errors
    ///
    /// No container matches, or it is not running.
    pub async fn find(
        name: Option<&str>,
        flags: Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let context = Context::new(env, reporter, flags.clone(), None)?;
        let engine = context.engine()?;
        let container = target::find_named(name, &engine, &context).await?;
        let name = &container.name;
        if container.state != RunState::Running {
            let message = format!("container `{name}` is {}", container.state);
            let hint = Hint::run("cai run -- true", "start it from its workspace");
            return Err(OperationError::with_code(exit::CANNOT_CONNECT, message).hint(hint).into());
        }
        let workspace = container.labels.workspace();
        let workspace = workspace.and_then(|path| WorkspacePath::new(Path::new(path)).ok());
        let context = Context::new(env, reporter, flags, workspace.as_ref())?;
        Ok(Self { context, engine, container })
    }

    /// Returns the container's name.
    pub fn name(&self) -> &str {
        &self.container.name
    }

    /// Opens a connection. The host key is read from the engine first, because the container may
    /// have been recreated.
    ///
    /// # Errors
    ///
    /// The engine or the container's SSH server cannot be reached, or shows another host key.
    pub async fn connect(&self) -> Result<Session, DriveError> {
        connect(&self.engine, &self.context.remote, &self.container, PinnedKey::MaybeStale).await
    }

    /// Waits without a time limit until the container runs and accepts a connection. A container
    /// that was recreated for the same workspace is the same container.
    ///
    /// # Errors
    ///
    /// The container was removed, or its SSH server shows another host key.
    pub async fn reconnect(&mut self) -> crate::Result<Session> {
        loop {
            match self.refresh().await {
                Ok(true) => match self.connect().await {
                    Ok(session) => return Ok(session),
                    Err(error @ DriveError::Remote(RemoteError::HostKeyMismatch { .. })) => {
                        return Err(error.into());
                    }
                    Err(error) => self.context.reporter.detail(&error.to_string()),
                },
                Ok(false) => {}
                Err(ContainerLost::Removed) => {
                    let message = format!("container `{}` was removed", self.name());
                    let hint = Hint::run("cai run", "create it again from its workspace");
                    return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
                }
                // The engine may be restarting.
                Err(ContainerLost::Unknown(error)) => {
                    self.context.reporter.detail(&error.to_string());
                }
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Reads the state of the container; returns whether it runs.
    async fn refresh(&mut self) -> Result<bool, ContainerLost> {
        let containers = self.engine.containers().await.map_err(ContainerLost::Unknown)?;
        let old = &self.container;
        let is_same = |it: &&Container| {
            it.labels.is_managed()
                && it.labels.workspace() == old.labels.workspace()
                && (it.id == old.id || it.name == old.name)
        };
        let found = containers.iter().find(is_same).cloned().ok_or(ContainerLost::Removed)?;
        self.container = found;
        Ok(self.container.state == RunState::Running)
    }
}

/// The reason why a container is not found.
enum ContainerLost {
    Removed,
    Unknown(EngineError),
}
