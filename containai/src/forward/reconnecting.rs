//! A container that is reached again and again.

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

/// How often it is looked whether the container runs again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// A container that may be restarted meanwhile.
pub struct ReconnectingContainer {
    pub context: Context,
    engine: DockerEngine,
    container: Container,
}

impl ReconnectingContainer {
    /// Finds a running container by its name or its workspace.
    pub async fn find(
        word: Option<&str>,
        flags: Flags,
        env: &ProcessEnv,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let context = Context::new(env, reporter, flags.clone(), None)?;
        let engine = context.engine()?;
        let container = target::find_named(word, &engine, &context).await?;
        let name = &container.name;
        if container.state != RunState::Running {
            let message = format!("container `{name}` is {}", container.state);
            let hint = Hint::run("cai run -- true", "start it, in its workspace");
            return Err(OperationError::with_code(exit::CANNOT_CONNECT, message).hint(hint).into());
        }
        let workspace = container.labels.workspace();
        let workspace = workspace.and_then(|path| WorkspacePath::new(Path::new(path)).ok());
        let context = Context::new(env, reporter, flags, workspace.as_ref())?;
        Ok(Self { context, engine, container })
    }

    pub fn name(&self) -> &str {
        &self.container.name
    }

    /// Opens a connection; the engine is asked for the host key first, since
    /// the container may be another one than it was.
    pub async fn connect(&self) -> Result<Session, DriveError> {
        connect(&self.engine, &self.context.remote, &self.container, PinnedKey::MaybeStale).await
    }

    /// Waits until the container runs and can be reached again, however long
    /// that takes. It is the one that serves the same workspace, whatever its
    /// id.
    ///
    /// Ends with an error when it is gone, or shows a key that is not its own.
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
                    let message = format!("container `{}` is gone", self.name());
                    let hint = Hint::run("cai run", "make it again, in its workspace");
                    return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
                }
                // The engine may be on its way back.
                Err(ContainerLost::Unknown(error)) => {
                    self.context.reporter.detail(&error.to_string())
                }
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Looks how it is; whether it runs.
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

/// Why a container cannot be seen.
enum ContainerLost {
    Removed,
    Unknown(EngineError),
}
