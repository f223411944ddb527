//! Snapshots of a container.

use containai_core::lifecycle::snapshot::{Snapshot, list_snapshots};
use containai_core::naming::SnapshotName;
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use super::requested::parse;
use crate::confirm::ConfirmationMode;
use crate::error::{OperationError, ResultExt as _};
use crate::lifecycle_log::LOG_TARGET;
use crate::sandbox_handle::SandboxHandle;
use crate::snapshot::{self, RestoreRequest};

impl Sandbox {
    /// Creates a snapshot: the file system of the container, its data volume and the store of its
    /// inner Docker engine, as of one moment. The workspace is not part of it. The container is
    /// paused meanwhile.
    ///
    /// # Errors
    ///
    /// - [`Error::Operation`](crate::Error::Operation): the name is invalid.
    /// - [`Error::Snapshot`](crate::Error::Snapshot): the name is taken, or the copy failed.
    pub async fn snapshot(&self, name: impl AsRef<str>) -> crate::Result<Snapshot> {
        let name = parse("snapshot name", Some(name.as_ref()), SnapshotName::parse)?;
        let span = debug_span!(target: LOG_TARGET, "snapshot", container = self.name());
        let SandboxHandle { context, engine, container, .. } = &*self.handle;
        Box::pin(snapshot::create(context, engine, container, name)).instrument(span).await
    }

    /// Returns the snapshots that this machine has on the engine.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`](crate::Error::Engine): the engine refused or failed.
    pub async fn snapshots(&self) -> crate::Result<Vec<Snapshot>> {
        Ok(list_snapshots(&self.handle.engine).await?)
    }

    /// Puts the container back to a snapshot, without a question: what it has now is removed after
    /// the old state was restored. Commands that run in it end.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`](crate::Error::Snapshot): there is no such snapshot, or the copy failed.
    pub async fn restore_snapshot(self, name: impl AsRef<str>) -> crate::Result<Self> {
        let snapshot = self.find_snapshot(name.as_ref()).await?;
        let SandboxHandle { context, workspace, .. } = &*self.handle;
        let (env, reporter) = (&context.env, &context.reporter);
        if snapshot.workspace != *workspace {
            let message = format!("snapshot `{}` is of another workspace", snapshot.name);
            return Err(OperationError::usage(message).into());
        }
        self.handle.disconnect().await;
        let span = debug_span!(target: LOG_TARGET, "restore snapshot", container = self.name());
        let flags = self.handle.engine_flags();
        let request =
            RestoreRequest::new(&snapshot, ConfirmationMode::Skip, flags.clone(), env, reporter)?;
        Box::pin(request.run()).instrument(span).await?;
        self.handle.open_workspace(workspace.clone()).await
    }

    /// Removes a snapshot. Containers that were created from it are kept.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`](crate::Error::Snapshot): there is no such snapshot, or the engine failed.
    pub async fn remove_snapshot(&self, name: impl AsRef<str>) -> crate::Result<()> {
        let snapshot = self.find_snapshot(name.as_ref()).await?;
        snapshot::remove(&self.handle.engine, &snapshot, &self.handle.context.reporter).await
    }

    pub(super) async fn find_snapshot(&self, name: &str) -> crate::Result<Snapshot> {
        let name = parse("snapshot name", Some(name), SnapshotName::parse)?;
        let name = name.context("a snapshot has a name")?;
        snapshot::find(&self.handle.engine, &name).await
    }
}
