//! A connection to the desired container, which is created and started as needed.

use std::fs;

use containai_core::engine::Container;
use containai_core::lifecycle::{Connected, Desired, Observed, Step, decide, drive};
use containai_ssh::Session;

use super::ResolvedWorkspace;
use super::lost_port::PortOutcome;
use crate::connection::{PrefetchedLease, SessionConnection};
use crate::context::Context;
use crate::setup;
use crate::shared_credentials::is_of_image;
use crate::signals::until_interrupted;
use crate::workspace_store::FileWorkspaceStore;
use crate::{
    hooks, host_facts, host_logins, lock, moved, workspace_copy, workspace_store, worktree,
};

impl ResolvedWorkspace {
    /// Creates and starts the container as needed, and connects to it.
    pub(crate) async fn ensure_and_open(
        &self,
        desired: &Desired,
        lease: PrefetchedLease,
    ) -> crate::Result<Connected<SessionConnection>> {
        match ready_container(&self.observed, desired) {
            Some(container) => {
                self.sync_worktree(&container).await;
                if let Some(connection) = self.shared_connection(&container, lease).await? {
                    return Ok(Connected { container, connection });
                }
            }
            None => self.run_initialize_command()?,
        }
        self.warn_new_container(desired).await?;
        let connected = Box::pin(self.ensure_running(desired)).await?;
        self.sync_worktree(&connected.container).await;
        self.open_connection(connected).await
    }

    /// Reports what the user should know before a container is created.
    async fn warn_new_container(&self, desired: &Desired) -> crate::Result<()> {
        if desired.options.recreate.is_some() || !self.has_container() {
            self.warn_ignored_settings();
            self.warn_reachable_by_others();
            warn_host_specific_settings(&self.context);
        }
        if !self.has_container() {
            let (context, containers) = (&self.context, &self.observed.containers);
            moved::warn_if_moved(context, &self.engine, &self.path, containers).await?;
            host_logins::tell_once(context, |login| is_of_image(&self.image.image, login));
        }
        Ok(())
    }

    /// Synchronizes the references of a linked worktree with those of its container.
    pub(crate) async fn sync_worktree(&self, container: &Container) {
        let Context { env, reporter, .. } = &self.context;
        worktree::sync_before_session(&self.engine, container, env, reporter).await;
    }

    /// Returns a shared connection to the running container; `None` if there is none, or if the
    /// workspace copy is not complete.
    pub(crate) async fn shared_connection(
        &self,
        container: &Container,
        lease: PrefetchedLease,
    ) -> crate::Result<Option<SessionConnection>> {
        // Files that root has created in its own workspace since the container was started.
        self.engine.lend_new_files(&self.path).await?;
        match workspace_copy::is_complete_copy(&self.context, container)? {
            true => Ok(SessionConnection::shared(&self.context, container, lease).await?),
            false => Ok(None),
        }
    }

    /// Drives the engine to the desired container, and connects to it.
    pub(crate) async fn ensure_running(
        &self,
        desired: &Desired,
    ) -> crate::Result<Connected<Session>> {
        let Self { context, path, engine, .. } = self;
        let _lock = lock::acquire_workspace(path, &context.env, &context.reporter).await?;
        setup::ensure(context);
        for directory in &self.hook_directories {
            hooks::warn_skipped(directory, &context.reporter)?;
        }
        self.ensure_repository(desired)?;
        workspace_store::record_directory(context, path).await;
        let records = FileWorkspaceStore { context };
        let desired = desired.clone().with_host(host_facts::facts(&context.env));
        let drive_to = async |desired: &Desired| {
            let steps = drive(engine, &context.remote, &records, desired, &context.reporter);
            until_interrupted(Box::pin(steps), &context.reporter).await
        };
        if !self.is_port_lost()
            && let PortOutcome::Connected(connected) = self.watch_port(drive_to(&desired)).await?
        {
            return Ok(connected);
        }
        drive_to(&self.restart_without_port(&desired).await?).await
    }

    /// Creates the repository that a new container uses in place of the repository of its
    /// worktree.
    pub(crate) fn ensure_repository(&self, desired: &Desired) -> crate::Result<()> {
        let Context { env, reporter, .. } = &self.context;
        match desired.options.repository {
            Some(_) => worktree::ensure_container_repository(&self.path, env, reporter),
            None => Ok(()),
        }
    }

    /// Completes the workspace copy, and makes a dedicated session connection.
    pub(crate) async fn open_connection(
        &self,
        connected: Connected<Session>,
    ) -> crate::Result<Connected<SessionConnection>> {
        let Self { context, path, .. } = self;
        let Connected { container, connection: session } = connected;
        if context.client.is_some() {
            let _lock = lock::acquire_workspace(path, &context.env, &context.reporter).await?;
            workspace_copy::ensure_complete(context, &container, path, &session).await?;
        }
        let connection = SessionConnection::dedicated(context, &container, session).await;
        Ok(Connected { container, connection })
    }
}

/// Returns the container if a connection is all that is left to do.
fn ready_container(observed: &Observed, desired: &Desired) -> Option<Container> {
    let Step::Connect { id } = decide(observed, desired) else {
        return None;
    };
    observed.containers.iter().find(|container| container.id == id).cloned()
}

/// Reports the data of this machine that a new container on a remote engine gets: root of that
/// machine can read it.
fn warn_host_specific_settings(context: &Context) {
    if context.client.is_none() {
        return;
    }
    let (layout, template) = (&context.env.layout, &context.config.template.value);
    let hooks = template.iter().map(|name| layout.template_hooks(name));
    let mut hooks = hooks.chain([layout.startup_hooks()]).flat_map(fs::read_dir).flatten();
    let has_hooks = hooks.next().is_some();
    let hooks = if has_hooks { "your start-up hooks, " } else { "" };
    context.reporter.say(&format!(
        "{} is another machine: it gets the workspace, {hooks}your git name and e-mail address, and the session environment",
        context.address
    ));
}
