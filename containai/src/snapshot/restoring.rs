//! How a container gets back to a snapshot.

use containai_core::engine::{Container, Identity, Snapshots as _};
use containai_core::lifecycle::snapshot::{
    RestorePlan, RevivePlan, Snapshot, Task, Vacancy, plan_restore, plan_revive, restore,
};

use super::leftover::or_abandon;
use super::revival;
use crate::enter::{Entrance, Survey};
use crate::host;
use crate::report::Reporter;

/// What is to be done, as there is a container or none.
pub enum Restoring {
    /// The one that there is goes back.
    Back(RestorePlan),
    /// One is made anew.
    Anew(RevivePlan),
}

impl Restoring {
    pub async fn plan(survey: &Survey, snapshot: &Snapshot) -> crate::Result<Self> {
        let Survey { engine, observed, wanted } = survey;
        let nonce = host::nonce()?;
        Ok(match observed.serving(&wanted.workspace).first() {
            Some(container) => {
                let has = engine.volumes_of(&container.id).await?;
                Self::Back(plan_restore(snapshot, container, &has, wanted, &nonce)?)
            }
            None => {
                let kept = Identity::Kept;
                Self::Anew(plan_revive(snapshot, observed, wanted, kept, Vacancy::Taken, &nonce)?)
            }
        })
    }

    pub fn tasks(&self) -> Vec<Task> {
        match self {
            Self::Back(plan) => plan.tasks(),
            Self::Anew(plan) => plan.tasks(),
        }
    }

    pub async fn carry_out(
        &self,
        entrance: &Entrance,
        survey: &Survey,
        reporter: &Reporter,
    ) -> crate::Result<Container> {
        let plan = match self {
            Self::Back(plan) => plan,
            Self::Anew(plan) => return revival::make(entrance, survey, plan, reporter).await,
        };
        let Survey { engine, wanted, .. } = survey;
        let (remote, records) = (entrance.remote(), entrance.records());
        let work = restore(engine, remote, &records, wanted, plan, reporter);
        or_abandon(engine, &plan.volumes, reporter, work).await
    }
}
