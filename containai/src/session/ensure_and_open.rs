//! A container is made and started as needed, and entered.

use containai_core::engine::Container;
use containai_core::lifecycle::{Connected, Desired, Observed, Step, decide, drive};
use containai_docker::DockerEngine;
use containai_ssh::Session;

use super::SessionRequest;
use super::interrupt::until_interrupted;
use crate::connection::{PrefetchedLease, SessionConnection};
use crate::setup;
use crate::{host_facts, moved, remote_engine, workspace_copy, workspace_store, worktree};

impl<'a> SessionRequest {
    /// Makes and starts the container as needed and finds a way into it.
    pub(crate) async fn ensure_and_open(
        &self,
        engine: &DockerEngine,
        observed: &Observed,
        wanted: &Desired,
        glimpse: PrefetchedLease,
    ) -> crate::Result<Connected<SessionConnection>> {
        match ready_container(observed, wanted) {
            Some(container) => {
                self.sync_worktree(engine, &container).await;
                if let Some(session) = self.shared_connection(engine, &container, glimpse).await? {
                    return Ok(Connected { container, connection: session });
                }
            }
            None => self.run_initialize_command()?,
        }
        if wanted.options.recreate.is_some() || observed.serving(self.workspace()).is_empty() {
            self.warn_ignored_settings();
            self.warn_reachable_by_others();
            remote_engine::warn_host_specific_settings(&self.context);
        }
        if observed.serving(self.workspace()).is_empty() {
            moved::warn_if_moved(&self.context, engine, self.workspace(), &observed.containers)
                .await?;
        }
        let reached = Box::pin(self.ensure_running(engine, wanted)).await?;
        self.sync_worktree(engine, &reached.container).await;
        self.into_connection(reached).await
    }

    /// Has references of a linked worktree agree with those of its container.
    pub(crate) async fn sync_worktree(&self, engine: &DockerEngine, container: &Container) {
        worktree::sync_before_session(
            engine,
            container,
            &self.context.env.layout,
            &self.context.reporter,
        )
        .await;
    }

    /// What another command has left of a way into it; `None` as well where its
    /// workspace has first to be brought there.
    pub(crate) async fn shared_connection(
        &self,
        engine: &DockerEngine,
        container: &Container,
        glimpse: PrefetchedLease,
    ) -> crate::Result<Option<SessionConnection>> {
        // What root has made in a workspace of root's since the container was started.
        engine.lend_new_files(self.workspace()).await?;
        match workspace_copy::is_complete_copy(&self.context, container)? {
            true => Ok(SessionConnection::shared(&self.context, container, glimpse).await?),
            false => Ok(None),
        }
    }

    pub(crate) async fn ensure_running(
        &self,
        engine: &DockerEngine,
        wanted: &Desired,
    ) -> crate::Result<Connected<Session>> {
        let _turn = self.lock_workspace().await?;
        setup::ensure(&self.context)?;
        self.ensure_repository(wanted)?;
        let records = self.records();
        workspace_store::record_directory(&self.context, self.workspace()).await;
        let wanted = Desired { host: host_facts::facts(&self.context.env), ..wanted.clone() };
        let work = drive(engine, &self.context.remote, &records, &wanted, &self.context.reporter);
        until_interrupted(work, &self.context.reporter).await
    }

    /// Makes what a new container has in place of the repository of its worktree.
    pub(crate) fn ensure_repository(&self, wanted: &Desired) -> crate::Result<()> {
        match wanted.options.repository {
            Some(_) => worktree::ensure_container_repository(
                self.workspace(),
                &self.context.env.layout,
                &self.context.reporter,
            ),
            None => Ok(()),
        }
    }

    /// Has the commands that follow find it open.
    pub(crate) async fn into_connection(
        &self,
        reached: Connected<Session>,
    ) -> crate::Result<Connected<SessionConnection>> {
        let Connected { container, connection: session } = reached;
        if self.context.client.is_some() {
            let _turn = self.lock_workspace().await?;
            workspace_copy::ensure_complete(&self.context, &container, self.workspace(), &session)
                .await?;
        }
        let session = SessionConnection::dedicated(&self.context, &container, session).await;
        Ok(Connected { container, connection: session })
    }
}

/// The container, when nothing has to be done before it can be entered.
fn ready_container(observed: &Observed, wanted: &Desired) -> Option<Container> {
    let Step::Connect { id } = decide(observed, wanted) else {
        return None;
    };
    observed.containers.iter().find(|container| container.id == id).cloned()
}
