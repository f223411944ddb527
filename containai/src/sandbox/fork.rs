//! Containers that start from a snapshot.

use std::path::{Path, PathBuf};

use containai_core::naming::ContainerName;
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use super::requested::parse;
use crate::lifecycle_log::LOG_TARGET;
use crate::snapshot::{ForkOptions, ForkRequest};
use crate::target;

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
        let Self { origin, snapshot, path, branch, name } = self;
        let snapshot = origin.find_snapshot(&snapshot).await?;
        let options = ForkOptions {
            path: path.as_deref(),
            branch: branch.as_deref(),
            name: parse("container name", name.as_deref(), ContainerName::parse)?,
        };
        let (context, flags) = (&origin.handle.context, origin.handle.engine_flags());
        let request = ForkRequest::new(context, &snapshot, options, flags)?;
        let span = debug_span!(target: LOG_TARGET, "fork", snapshot = %snapshot.name);
        let container = Box::pin(request.run()).instrument(span).await?;
        origin.handle.open_workspace(target::workspace_served(&container)?).await
    }
}
