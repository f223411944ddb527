//! A container that is there is entered.

use std::path::PathBuf;

use containai_core::engine::{Container, RunState};
use containai_core::hint::Hint;
use containai_core::lifecycle::{Connected, DriveError, Observed, PinnedKey, connect};
use containai_docker::DockerEngine;
use containai_ssh::Session;

use super::SessionRequest;
use super::interrupt::until_interrupted;
use crate::connection::SessionConnection;
use crate::error::OperationError;
use crate::target::not_found;
use crate::workspace_copy;

impl<'a> SessionRequest {
    /// Finds a way into the container if there is one, starting it as needed.
    pub async fn open_existing(mut self) -> crate::Result<Connected<SessionConnection>> {
        let (engine, observed, glimpse) = self.observe_and_prefetch().await?;
        if let Some(container) = self.running_container(&observed)? {
            self.sync_worktree(&engine, &container).await;
            if let Some(session) = self.shared_connection(&engine, &container, glimpse).await? {
                return Ok(Connected { container, connection: session });
            }
        }
        // What is rarely needed takes its room when it is.
        let reached = Box::pin(self.connect(&engine, &observed)).await?;
        self.sync_worktree(&engine, &reached.container).await;
        self.into_connection(reached).await
    }

    /// As [`Self::enter_existing`], by a connection of one's own.
    pub async fn connect_existing(mut self) -> crate::Result<Connected<Session>> {
        let (engine, observed) = self.observe_after_setup().await?;
        self.connect(&engine, &observed).await
    }

    /// As [`Self::connect_existing`], to the copy of a workspace; also tells
    /// where it is recorded.
    pub async fn connect_copy(self) -> crate::Result<(Connected<Session>, PathBuf)> {
        let context = self.context.clone();
        let reached = self.connect_existing().await?;
        let path = workspace_copy::record_path(&context, &reached.container).ok_or_else(|| {
            OperationError::usage(
                "the container works on the workspace itself, so there is nothing to bring back",
            )
            .hint(Hint::new("name the engine of another machine with `--docker-host`"))
        })?;
        Ok((reached, path))
    }

    /// The container when it runs; `None` when it is to be started.
    fn running_container(&self, observed: &Observed) -> crate::Result<Option<Container>> {
        match observed.serving(self.workspace()).as_slice() {
            [] => Err(not_found(&format!("no container serves `{}`", self.workspace())).into()),
            [container]
                if container.state == RunState::Running
                    && self
                        .options
                        .name
                        .as_ref()
                        .is_none_or(|it| it.as_ref() == container.name) =>
            {
                Ok(Some((*container).clone()))
            }
            _ => Ok(None),
        }
    }

    async fn connect(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> crate::Result<Connected<Session>> {
        if let Some(container) = self.running_container(observed)? {
            let work = connect(engine, &self.context.remote, &container, PinnedKey::Valid);
            match until_interrupted(work, &self.context.reporter).await {
                Ok(session) => return Ok(Connected { container, connection: session }),
                // It is started again.
                Err(error) if may_be_closing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.ensure_running(engine, &self.desired(engine, observed).await?).await
    }
}

fn may_be_closing(error: &crate::Error) -> bool {
    error.find().is_some_and(DriveError::may_be_stopping)
}
