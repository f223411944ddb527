//! A container that is there is entered.

use std::path::PathBuf;

use containai_core::engine::{Container, RunState};
use containai_core::hint::Hint;
use containai_core::lifecycle::{DriveError, Observed, Pin, Reached, reach};
use containai_docker::DockerEngine;
use containai_ssh::Session;

use super::Entrance;
use super::interrupt::until_interrupted;
use crate::error::OperationError;
use crate::passage::Passage;
use crate::target::missing;
use crate::twin;

impl<'a> Entrance {
    /// Finds a way into the container if there is one, starting it as needed.
    pub async fn enter_existing(mut self) -> crate::Result<Reached<Passage>> {
        let (engine, observed, glimpse) = self.prepared_to_enter().await?;
        if let Some(container) = self.running(&observed)? {
            self.settle_worktree(&engine, &container).await;
            if let Some(session) = self.borrowed(&engine, &container, glimpse).await? {
                return Ok(Reached { container, session });
            }
        }
        // What is rarely needed takes its room when it is.
        let reached = Box::pin(self.reach(&engine, &observed)).await?;
        self.settle_worktree(&engine, &reached.container).await;
        self.keep(reached).await
    }

    /// As [`Self::enter_existing`], by a connection of one's own.
    pub async fn connect_existing(mut self) -> crate::Result<Reached<Session>> {
        let (engine, observed) = self.prepared().await?;
        self.reach(&engine, &observed).await
    }

    /// As [`Self::connect_existing`], to the copy of a workspace; also tells
    /// where it is recorded.
    pub async fn connect_copy(self) -> crate::Result<(Reached<Session>, PathBuf)> {
        let context = self.context.clone();
        let reached = self.connect_existing().await?;
        let path = twin::record_path(&context, &reached.container).ok_or_else(|| {
            OperationError::usage(
                "the container works on the workspace itself, so there is nothing to bring back",
            )
            .hint(Hint::new("name the engine of another machine with `--docker-host`"))
        })?;
        Ok((reached, path))
    }

    /// The container when it runs; `None` when it is to be started.
    fn running(&self, observed: &Observed) -> crate::Result<Option<Container>> {
        match observed.serving(self.workspace()).as_slice() {
            [] => Err(missing(&format!("no container serves `{}`", self.workspace())).into()),
            [container]
                if container.state == RunState::Running
                    && self.choice.name.as_ref().is_none_or(|it| it.as_ref() == container.name) =>
            {
                Ok(Some((*container).clone()))
            }
            _ => Ok(None),
        }
    }

    async fn reach(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
    ) -> crate::Result<Reached<Session>> {
        if let Some(container) = self.running(observed)? {
            let work = reach(engine, &self.context.remote, &container, Pin::Known);
            match until_interrupted(work, &self.context.reporter).await {
                Ok(session) => return Ok(Reached { container, session }),
                // It is started again.
                Err(error) if may_be_closing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.drive(engine, &self.desired(engine, observed).await?).await
    }
}

fn may_be_closing(error: &crate::Error) -> bool {
    error.find().is_some_and(DriveError::may_be_closing)
}
