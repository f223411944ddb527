//! Snapshots of a container.

use containai_core::engine::{Engine as _, Snapshots as _};
use containai_core::lifecycle::Observed;
use containai_core::lifecycle::snapshot::{
    Snapshot, create, find_snapshot, list_snapshots, plan_create, remove,
};
use containai_core::naming::SnapshotName;
use tracing::{Instrument as _, debug_span};

use super::handle::Sandbox;
use super::requested::parse;
use crate::context::Context;
use crate::error::ResultExt as _;
use crate::lifecycle_log::LOG_TARGET;
use crate::session::{SessionRequest, SetupConsent};
use crate::snapshot::{RestoreAction, prune_leftovers, remove_on_failure};
use crate::workspace::WorkspaceRef;
use crate::{host_facts, volume_lock};

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
        Box::pin(self.create_snapshot(name)).instrument(span).await
    }

    async fn create_snapshot(&self, name: Option<SnapshotName>) -> crate::Result<Snapshot> {
        let handle = &self.handle;
        let (engine, context) = (&handle.engine, &handle.context);
        let (env, reporter) = (&context.env, &context.reporter);
        let volumes = engine.container_volumes(&handle.container.id).await?;
        let _locks =
            volume_lock::lock_volume(engine, &volumes.data, &handle.workspace, env, reporter)
                .await?;
        prune_leftovers(engine, reporter).await?;
        let observed = Observed { containers: engine.containers().await?, ..Observed::default() };
        let container = observed.containers.iter().find(|it| it.id == handle.container.id);
        let container = container.context("the container was removed")?;
        let existing = list_snapshots(engine).await?;
        let moment = (host_facts::new_random_id()?, host_facts::now());
        let plan = plan_create(&observed, container, volumes, &existing, name, moment)?;
        let volumes = plan.snapshot.volumes();
        let work = create(engine, &plan, reporter);
        remove_on_failure(engine, &volumes, reporter, work).await
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
        let Context { env, reporter, .. } = &self.handle.context;
        let (flags, consent) = (self.handle.engine_flags(), SetupConsent::Never);
        let docker_host = flags.docker_host.clone();
        let workspace = WorkspaceRef::Explicit(snapshot.workspace.clone());
        let mut request = SessionRequest::new(env, reporter, flags, workspace, consent)?;
        self.handle.disconnect().await;
        let span = debug_span!(target: LOG_TARGET, "restore snapshot", container = self.name());
        Box::pin(restore(&mut request, &snapshot)).instrument(span).await?;
        request.open_sandbox(docker_host).await
    }

    /// Removes a snapshot. Containers that were created from it are kept.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`](crate::Error::Snapshot): there is no such snapshot, or the engine failed.
    pub async fn remove_snapshot(&self, name: impl AsRef<str>) -> crate::Result<()> {
        let (engine, reporter) = (&self.handle.engine, &self.handle.context.reporter);
        let snapshot = self.find_snapshot(name.as_ref()).await?;
        prune_leftovers(engine, reporter).await?;
        Ok(remove(engine, &snapshot).await?)
    }

    pub(super) async fn find_snapshot(&self, name: &str) -> crate::Result<Snapshot> {
        let name = parse("snapshot name", Some(name), SnapshotName::parse)?;
        let name = name.context("a snapshot has a name")?;
        let all = list_snapshots(&self.handle.engine).await?;
        Ok(find_snapshot(&all, &name)?.clone())
    }
}

async fn restore(request: &mut SessionRequest, snapshot: &Snapshot) -> crate::Result<()> {
    let reporter = request.context.reporter.clone();
    let _lock = request.lock_workspace().await?;
    let view = request.snapshot_view().await?;
    prune_leftovers(&view.engine, &reporter).await?;
    request.finish_interrupted_restore(&view).await?;
    let view = request.snapshot_view().await?;
    let plan = RestoreAction::plan(&view, snapshot).await?;
    plan.run(request, &view, &reporter).await?;
    Ok(())
}
