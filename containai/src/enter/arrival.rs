//! A container is made and started as needed, and entered.

use containai_core::engine::Container;
use containai_core::lifecycle::{Desired, Observed, Reached, Step, decide, drive};
use containai_docker::DockerEngine;
use containai_ssh::Session;

use super::Entrance;
use super::interrupt::until_interrupted;
use crate::passage::{Glimpse, Passage};
use crate::setup;
use crate::{elsewhere, host, moved, records, twin, worktree};

impl<'a> Entrance {
    /// Makes and starts the container as needed and finds a way into it.
    pub(crate) async fn arrive(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
        glimpse: Glimpse,
    ) -> crate::Result<Reached<Passage>> {
        match ready(observed, wanted) {
            Some(container) => {
                self.settle_worktree(engine, &container).await;
                if let Some(session) = self.borrowed(engine, &container, glimpse).await? {
                    return Ok(Reached { container, session });
                }
            }
            None => self.initialize()?,
        }
        if wanted.manner.outgoing.is_some() || observed.serving(self.workspace()).is_empty() {
            self.tell_of_devcontainer();
            self.tell_of_reachable();
            elsewhere::tell(&self.context);
        }
        if observed.serving(self.workspace()).is_empty() {
            moved::tell(&self.context, engine, self.workspace(), &observed.containers).await?;
        }
        let reached = Box::pin(self.drive(engine, wanted)).await?;
        self.settle_worktree(engine, &reached.container).await;
        self.keep(reached).await
    }

    /// Has references of a linked worktree agree with those of its container.
    pub(crate) async fn settle_worktree(&self, engine: &DockerEngine, container: &Container) {
        worktree::settle_before(
            engine,
            container,
            &self.context.env.layout,
            &self.context.reporter,
        )
        .await;
    }

    /// What another command has left of a way into it; `None` as well where its
    /// workspace has first to be brought there.
    pub(crate) async fn borrowed(
        &self,
        engine: &DockerEngine,
        container: &Container,
        glimpse: Glimpse,
    ) -> crate::Result<Option<Passage>> {
        // What root has made in a workspace of root's since the container was started.
        engine.lend_again(self.workspace()).await?;
        match twin::is_complete(&self.context, container)? {
            true => Ok(Passage::borrowed(&self.context, container, glimpse).await?),
            false => Ok(None),
        }
    }

    pub(crate) async fn drive(
        &self,
        engine: &DockerEngine,
        wanted: &Desired,
    ) -> crate::Result<Reached<Session>> {
        let _turn = self.turn().await?;
        setup::ensure(&self.context)?;
        self.provide_repository(wanted)?;
        let records = self.records();
        records::note_directory(&self.context, self.workspace()).await;
        let wanted = Desired { host: host::facts(&self.context.env), ..wanted.clone() };
        let work = drive(engine, &self.context.remote, &records, &wanted, &self.context.reporter);
        until_interrupted(work, &self.context.reporter).await
    }

    /// Makes what a new container has in place of the repository of its worktree.
    pub(crate) fn provide_repository(&self, wanted: &Desired) -> crate::Result<()> {
        match wanted.manner.repository {
            Some(_) => worktree::provide(
                self.workspace(),
                &self.context.env.layout,
                &self.context.reporter,
            ),
            None => Ok(()),
        }
    }

    /// Has the commands that follow find it open.
    pub(crate) async fn keep(&self, reached: Reached<Session>) -> crate::Result<Reached<Passage>> {
        let Reached { container, session } = reached;
        if self.context.client.is_some() {
            let _turn = self.turn().await?;
            twin::fill(&self.context, &container, self.workspace(), &session).await?;
        }
        let session = Passage::own(&self.context, &container, session).await;
        Ok(Reached { container, session })
    }
}

/// The container, when nothing has to be done before it can be entered.
fn ready(observed: &Observed, wanted: &Desired) -> Option<Container> {
    let Step::Reach { id } = decide(observed, wanted) else {
        return None;
    };
    observed.containers.iter().find(|container| container.id == id).cloned()
}
