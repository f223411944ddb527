//! Creation of another container from a snapshot.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::Container;
use containai_core::lifecycle::snapshot::Snapshot;
use containai_core::naming::ContainerName;

use super::fork_workspace::ForkWorkspace;
use super::leftovers::prune_leftovers;
use super::steps::describe_steps;
use super::{checkout, recreate};
use crate::context::Context;
use crate::session::{SessionOptions, SessionRequest, SetupConsent};
use crate::workspace::{ProtectedPathUse, WorkspaceRef};

/// A request to create a container from a snapshot.
pub struct ForkRequest<'a> {
    snapshot: &'a Snapshot,
    workspace: ForkWorkspace,
    session: SessionRequest,
}

/// The choices for a fork; `None` is the default.
#[derive(Clone, Debug, Default)]
pub struct ForkOptions<'a> {
    /// The path of the worktree, clone or existing directory. Default: beside the repository.
    pub path: Option<&'a Path>,
    /// The new branch. Default: `fork/` and the snapshot's name.
    pub branch: Option<&'a str>,
    /// The container's name. Default: from the repository and the branch.
    pub name: Option<ContainerName>,
}

impl<'a> ForkRequest<'a> {
    /// Chooses the directory of the fork.
    ///
    /// # Errors
    ///
    /// The directory or the branch cannot be used.
    pub fn new(
        context: &Context,
        snapshot: &'a Snapshot,
        options: ForkOptions<'_>,
        flags: Flags,
    ) -> crate::Result<Self> {
        let ForkOptions { path, branch, name } = options;
        let Context { env, reporter, client, .. } = context;
        let workspace = ForkWorkspace::choose(snapshot, path, branch, client.as_ref(), env)?;
        let workspace_ref = WorkspaceRef::Explicit(workspace.workspace.clone());
        let protected_paths = ProtectedPathUse::Refuse;
        let session =
            SessionRequest::new(env, reporter, flags, workspace_ref, SetupConsent::Never)?
                .with_options(SessionOptions {
                    name,
                    protected_paths,
                    ..SessionOptions::default()
                });
        Ok(Self { snapshot, workspace, session })
    }

    /// The steps of the fork, one text each.
    ///
    /// # Errors
    ///
    /// The container cannot be created.
    pub async fn preview(mut self) -> crate::Result<Vec<String>> {
        let view = self.session.snapshot_view().await?;
        let (_, plan) = recreate::plan(view, self.snapshot, &self.workspace).await?;
        let steps = describe_steps(&plan.steps());
        let start = "start the container".to_owned();
        Ok(self.workspace.description().into_iter().chain(steps).chain([start]).collect())
    }

    /// Creates the worktree or clone and the container, and starts it. Continues an interrupted
    /// fork.
    ///
    /// # Errors
    ///
    /// The container cannot be created, or git fails.
    pub async fn run(self) -> crate::Result<Container> {
        let Self { snapshot, workspace, mut session } = self;
        let reporter = session.context.reporter.clone();
        let lock = session.lock_workspace().await?;
        let view = session.snapshot_view().await?;
        prune_leftovers(&view.engine, &reporter).await?;
        let existing = view.observed.containers.iter().find(|it| it.serves(&workspace.workspace));
        let is_this_fork = |it: &&Container| {
            it.labels.is_fork() && it.labels.snapshot().as_ref() == Some(&snapshot.id)
        };
        if existing.filter(is_this_fork).is_none() {
            // Errors are found before the worktree is created.
            recreate::plan(view, snapshot, &workspace).await?;
            workspace.create(&snapshot.workspace)?;
            let view = session.snapshot_view().await?;
            let (view, plan) = recreate::plan(view, snapshot, &workspace).await?;
            recreate::run(&session, &view, &plan, &reporter).await?;
        }
        drop(lock);
        let connected = session.open_existing().await?;
        let container = connected.container;
        if workspace.branch.is_some() {
            checkout::checkout_files(&container, connected.connection, &reporter).await?;
        }
        reporter.say(&format!("{} works on {}", container.name, workspace.workspace));
        Ok(container)
    }
}
