//! Containers that start from a snapshot.

use std::path::{Path, PathBuf};

use containai_core::engine::Container;
use containai_core::lifecycle::snapshot::Snapshot;
use containai_core::naming::ContainerName;
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use super::requested::parse;
use crate::connection::SessionConnection;
use crate::lifecycle_log::LOG_TARGET;
use crate::sandbox_handle::SandboxHandle;
use crate::session::{SessionOptions, SessionRequest, SetupConsent};
use crate::snapshot::{ForkWorkspace, checkout, prune_leftovers, recreate};
use crate::workspace::{ProtectedPathUse, WorkspaceRef};

/// A fork of a snapshot, created by [`Sandbox::fork`].
#[derive(Clone)]
#[must_use]
pub struct SandboxFork {
    origin: Sandbox,
    snapshot: String,
    path: Option<PathBuf>,
    branch: Option<String>,
    name: Option<String>,
}

impl Sandbox {
    /// Describes another container that starts from a snapshot. It has its own port, host key,
    /// machine id and volumes, and works on a new worktree of the repository.
    pub fn fork(&self, snapshot: impl Into<String>) -> SandboxFork {
        SandboxFork {
            origin: self.clone(),
            snapshot: snapshot.into(),
            path: None,
            branch: None,
            name: None,
        }
    }
}

impl SandboxFork {
    /// Sets the directory of the worktree, or an existing directory to work on as it is. Default:
    /// beside the repository.
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.path = Some(path.as_ref().to_owned());
        self
    }

    /// Sets the new branch. Default: `fork/` and the snapshot's name.
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// Sets the container's name. Default: derived from the repository and the branch.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Creates the worktree and the container, starts it, and connects to it. If an earlier call
    /// was interrupted, this one continues.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): a name or the directory is not accepted, or
    ///   git does not work in the container.
    /// - [`Error::Snapshot`](crate::Error::Snapshot): there is no such snapshot, or the copy failed.
    pub async fn start(self) -> crate::Result<Sandbox> {
        let handle = &self.origin.handle;
        let context = &handle.context;
        let snapshot = self.origin.find_snapshot(&self.snapshot).await?;
        let (path, branch) = (self.path.as_deref(), self.branch.as_deref());
        let client = context.client.as_ref();
        let fork = ForkWorkspace::choose(&snapshot, path, branch, client, &context.env)?;
        let options = SessionOptions {
            name: parse("container name", self.name.as_deref(), ContainerName::parse)?,
            protected_paths: ProtectedPathUse::Refuse,
            ..SessionOptions::default()
        };
        let workspace = WorkspaceRef::Explicit(fork.workspace.clone());
        let (flags, consent) = (handle.engine_flags(), SetupConsent::Never);
        let docker_host = flags.docker_host.clone();
        let request =
            SessionRequest::new(&context.env, &context.reporter, flags, workspace, consent)?;
        let mut request = request.with_options(options);
        let span = debug_span!(target: LOG_TARGET, "fork", workspace = %fork.workspace);
        create(&mut request, &snapshot, &fork).instrument(span).await?;
        let sandbox = request.open_sandbox(docker_host).await?;
        if fork.branch.is_some() {
            sandbox.check_out().await?;
        }
        Ok(sandbox)
    }
}

impl Sandbox {
    /// Has git in the container check out the files of a new worktree.
    async fn check_out(&self) -> crate::Result<()> {
        let SandboxHandle { context, container, .. } = &*self.handle;
        let session = self.handle.session().await?;
        let connection = SessionConnection::dedicated(context, container, session).await;
        checkout::checkout_files(container, connection, &context.reporter).await
    }
}

/// Creates the worktree and the container, unless an earlier call did.
async fn create(
    request: &mut SessionRequest,
    snapshot: &Snapshot,
    fork: &ForkWorkspace,
) -> crate::Result<()> {
    let _lock = request.lock_workspace().await?;
    let view = request.snapshot_view().await?;
    let reporter = request.context.reporter.clone();
    prune_leftovers(&view.engine, &reporter).await?;
    let is_begun = |it: &Container| {
        it.serves(&fork.workspace)
            && it.labels.is_fork()
            && it.labels.snapshot().as_ref() == Some(&snapshot.id)
    };
    if view.observed.containers.iter().any(is_begun) {
        return Ok(());
    }
    // A fork that is refused leaves no worktree behind.
    recreate::plan(view, snapshot, fork).await?;
    fork.create(&snapshot.workspace)?;
    let view = request.snapshot_view().await?;
    let (view, plan) = recreate::plan(view, snapshot, fork).await?;
    recreate::run(request, &view, &plan, &reporter).await?;
    Ok(())
}
