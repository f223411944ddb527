//! Restoring a snapshot of a workspace's container.

use containai_core::engine::{Container, ContainerIdentity, Snapshots as _};
use containai_core::lifecycle::snapshot::{
    DefaultVolumes, RecreatePlan, RestorePlan, Snapshot, SnapshotStep, plan_recreate, plan_restore,
    restore,
};

use super::leftovers::remove_on_failure;
use super::recreate;
use crate::host_facts;
use crate::report::Reporter;
use crate::session::{SessionRequest, SnapshotView};

/// The plan of a restore.
pub enum RestoreAction {
    /// Restore the existing container.
    InPlace(RestorePlan),
    /// Create the container, which does not exist.
    Recreate(RecreatePlan),
}

impl RestoreAction {
    /// Plans the restore of `snapshot`.
    ///
    /// # Errors
    ///
    /// The snapshot cannot be restored, or the engine fails.
    pub async fn plan(view: &SnapshotView, snapshot: &Snapshot) -> crate::Result<Self> {
        let SnapshotView { engine, observed, desired } = view;
        let id = host_facts::new_random_id()?;
        Ok(match observed.serving(&desired.workspace).first() {
            Some(container) => {
                let volumes = engine.container_volumes(&container.id).await?;
                Self::InPlace(plan_restore(snapshot, container, &volumes, desired, &id)?)
            }
            None => {
                let identity = ContainerIdentity::Keep;
                Self::Recreate(plan_recreate(
                    snapshot,
                    observed,
                    desired,
                    identity,
                    DefaultVolumes::MayExist,
                    &id,
                )?)
            }
        })
    }

    /// Returns the steps of the plan, for a dry run.
    pub fn steps(&self) -> Vec<SnapshotStep> {
        match self {
            Self::InPlace(plan) => plan.steps(),
            Self::Recreate(plan) => plan.steps(),
        }
    }

    /// Executes the plan.
    ///
    /// # Errors
    ///
    /// The engine fails; code 130 if interrupted.
    pub async fn run(
        &self,
        request: &SessionRequest,
        view: &SnapshotView,
        reporter: &Reporter,
    ) -> crate::Result<Container> {
        let plan = match self {
            Self::InPlace(plan) => plan,
            Self::Recreate(plan) => return recreate::run(request, view, plan, reporter).await,
        };
        let SnapshotView { engine, desired, .. } = view;
        let (remote, store) = (request.remote(), request.records());
        let work = restore(engine, remote, &store, desired, plan, reporter);
        remove_on_failure(engine, &plan.volumes, reporter, work).await
    }
}
