//! A container that is made of a snapshot where there is none.

use containai_core::engine::{Container, Identity};
use containai_core::lifecycle::Claim;
use containai_core::lifecycle::snapshot::{RevivePlan, Snapshot, Vacancy, plan_revive, revive};
use containai_core::naming::{ContainerName, GitHead, VolumeName, VolumeUse};

use super::ground::Ground;
use super::leftover::or_abandon;
use crate::enter::{Entrance, Survey};
use crate::host;
use crate::report::Reporter;

/// Plans one that works on other ground than that of the snapshot.
pub async fn plan(
    mut survey: Survey,
    snapshot: &Snapshot,
    ground: &Ground,
) -> crate::Result<(Survey, RevivePlan)> {
    let Survey { engine, observed, wanted } = &mut survey;
    if let (Some(branch), true) = (&ground.branch, wanted.manner.name == Claim::Preferred) {
        let head = GitHead::Branch(branch.clone());
        wanted.name = ContainerName::derive_from(snapshot.workspace.dir_name(), &head);
    }
    let mut vacancy = Vacancy::Free;
    for what in [VolumeUse::Data, VolumeUse::Docker] {
        let own = VolumeName::of(&wanted.workspace, wanted.client.as_ref(), what);
        if engine.has_volume(&own).await? {
            vacancy = Vacancy::Taken;
        }
    }
    let renewed = Identity::Renewed;
    let plan = plan_revive(snapshot, observed, wanted, renewed, vacancy, &host::nonce()?)?;
    Ok((survey, plan))
}

/// Makes it as planned.
pub async fn make(
    entrance: &Entrance,
    survey: &Survey,
    plan: &RevivePlan,
    reporter: &Reporter,
) -> crate::Result<Container> {
    let Survey { engine, wanted, .. } = survey;
    let (remote, records) = (entrance.remote(), entrance.records());
    let work = revive(engine, remote, &records, wanted, plan, reporter);
    or_abandon(engine, &plan.volumes, reporter, work).await
}
