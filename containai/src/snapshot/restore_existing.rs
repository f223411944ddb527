//! How a container gets back to a snapshot.

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

/// What is to be done, as there is a container or none.
pub enum RestoreAction {
    /// The one that there is goes back.
    InPlace(RestorePlan),
    /// One is made anew.
    Recreate(RecreatePlan),
}

impl RestoreAction {
    pub async fn plan(survey: &SnapshotView, snapshot: &Snapshot) -> crate::Result<Self> {
        let SnapshotView { engine, observed, desired: wanted } = survey;
        let nonce = host_facts::new_random_id()?;
        Ok(match observed.serving(&wanted.workspace).first() {
            Some(container) => {
                let has = engine.container_volumes(&container.id).await?;
                Self::InPlace(plan_restore(snapshot, container, &has, wanted, &nonce)?)
            }
            None => {
                let kept = ContainerIdentity::Keep;
                Self::Recreate(plan_recreate(
                    snapshot,
                    observed,
                    wanted,
                    kept,
                    DefaultVolumes::MayExist,
                    &nonce,
                )?)
            }
        })
    }

    pub fn tasks(&self) -> Vec<SnapshotStep> {
        match self {
            Self::InPlace(plan) => plan.steps(),
            Self::Recreate(plan) => plan.steps(),
        }
    }

    pub async fn run(
        &self,
        entrance: &SessionRequest,
        survey: &SnapshotView,
        reporter: &Reporter,
    ) -> crate::Result<Container> {
        let plan = match self {
            Self::InPlace(plan) => plan,
            Self::Recreate(plan) => return recreate::run(entrance, survey, plan, reporter).await,
        };
        let SnapshotView { engine, desired: wanted, .. } = survey;
        let (remote, records) = (entrance.remote(), entrance.records());
        let work = restore(engine, remote, &records, wanted, plan, reporter);
        remove_on_failure(engine, &plan.volumes, reporter, work).await
    }
}
