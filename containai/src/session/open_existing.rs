//! A connection to the existing container of a workspace.

use std::path::PathBuf;

use containai_core::engine::{Container, RunState};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Connected, DriveError, PinnedKey, connect};
use containai_ssh::Session;

use super::lost_port::PortOutcome;
use super::{ResolvedWorkspace, SessionRequest};
use crate::connection::SessionConnection;
use crate::error::OperationError;
use crate::signals::until_interrupted;
use crate::target::not_found;
use crate::workspace_copy;

impl SessionRequest {
    /// Connects to the existing container, starting it as needed. The connection is shared if
    /// possible.
    ///
    /// # Errors
    ///
    /// The workspace has no container, or it cannot be started or reached.
    pub async fn open_existing(mut self) -> crate::Result<Connected<SessionConnection>> {
        let (workspace, lease) = Box::pin(self.resolve_and_prefetch()).await?;
        if let Some(container) = workspace.running_container()? {
            workspace.sync_worktree(&container).await;
            if let Some(connection) = workspace.shared_connection(&container, lease).await? {
                return Ok(Connected { container, connection });
            }
        }
        // Boxed: the future is large and rarely needed.
        let connected = Box::pin(workspace.connect()).await?;
        workspace.sync_worktree(&connected.container).await;
        workspace.open_connection(connected).await
    }

    /// Connects to the existing container with a dedicated connection, starting it as needed.
    ///
    /// # Errors
    ///
    /// As [`Self::open_existing`].
    pub async fn connect_existing(mut self) -> crate::Result<Connected<Session>> {
        self.resolve_after_setup().await?.connect().await
    }

    /// Connects as [`Self::connect_existing`] to a container with a copy of the workspace. Also
    /// returns the path of the copy's record.
    ///
    /// # Errors
    ///
    /// The container works on the workspace itself, or as [`Self::open_existing`].
    pub async fn connect_copy(mut self) -> crate::Result<(Connected<Session>, PathBuf)> {
        let workspace = self.resolve_after_setup().await?;
        let connected = workspace.connect().await?;
        let path = workspace_copy::record_path(&workspace.context, &connected.container)
            .ok_or_else(|| {
                OperationError::usage(
                    "the container works on the workspace itself: there is no copy to pull from",
                )
                .hint(Hint::new("select a remote engine with `--docker-host`"))
            })?;
        Ok((connected, path))
    }
}

impl ResolvedWorkspace {
    /// Returns the container if it runs; `None` if it has to be started, or restarted.
    fn running_container(&self) -> crate::Result<Option<Container>> {
        let serving = self.observed.serving(&self.path);
        if serving.is_empty() {
            return Err(not_found(&format!("no container serves `{}`", self.path)).into());
        }
        let [container] = serving.as_slice() else { return Ok(None) };
        let name = self.options.name.as_ref();
        let is_named = name.is_none_or(|name| name.as_ref() == container.name);
        let is_ready = container.state == RunState::Running && !container.has_lost_port;
        Ok((is_ready && is_named).then(|| (*container).clone()))
    }

    async fn connect(&self) -> crate::Result<Connected<Session>> {
        if let Some(container) = self.running_container()? {
            let work = connect(&self.engine, &self.context.remote, &container, PinnedKey::Valid);
            let work = until_interrupted(Box::pin(work), &self.context.reporter);
            match self.watch_port(work).await {
                Ok(PortOutcome::Connected(connection)) => {
                    return Ok(Connected { container, connection });
                }
                Ok(PortOutcome::Lost) => {}
                Err(error) if may_be_stopping(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let desired = Box::pin(self.desired()).await?;
        Box::pin(self.ensure_running(&desired)).await
    }
}

fn may_be_stopping(error: &crate::Error) -> bool {
    error.find().is_some_and(DriveError::may_be_stopping)
}
