//! A container that is made of a snapshot where there is none.

use containai_core::engine::{Container, ContainerIdentity};
use containai_core::lifecycle::Strength;
use containai_core::lifecycle::snapshot::{
    DefaultVolumes, RecreatePlan, Snapshot, plan_recreate, recreate,
};
use containai_core::naming::{ContainerName, GitHead, VolumeName, VolumeUse};

use super::fork_workspace::ForkWorkspace;
use super::leftovers::remove_on_failure;
use crate::host_facts;
use crate::report::Reporter;
use crate::session::{SessionRequest, SnapshotView};

/// Plans one that works on other ground than that of the snapshot.
pub async fn plan(
    mut survey: SnapshotView,
    snapshot: &Snapshot,
    ground: &ForkWorkspace,
) -> crate::Result<(SnapshotView, RecreatePlan)> {
    let SnapshotView { engine, observed, desired: wanted } = &mut survey;
    if let (Some(branch), true) = (&ground.branch, wanted.options.name == Strength::Preferred) {
        let head = GitHead::Branch(branch.clone());
        wanted.name = ContainerName::derive_from(snapshot.workspace.dir_name(), &head);
    }
    let mut vacancy = DefaultVolumes::Absent;
    for what in [VolumeUse::Data, VolumeUse::Docker] {
        let own = VolumeName::of(&wanted.workspace, wanted.client.as_ref(), what);
        if engine.has_volume(&own).await? {
            vacancy = DefaultVolumes::MayExist;
        }
    }
    let renewed = ContainerIdentity::Regenerate;
    let plan =
        plan_recreate(snapshot, observed, wanted, renewed, vacancy, &host_facts::new_random_id()?)?;
    Ok((survey, plan))
}

/// Makes it as planned.
pub async fn run(
    entrance: &SessionRequest,
    survey: &SnapshotView,
    plan: &RecreatePlan,
    reporter: &Reporter,
) -> crate::Result<Container> {
    let SnapshotView { engine, desired: wanted, .. } = survey;
    let (remote, records) = (entrance.remote(), entrance.records());
    let work = recreate(engine, remote, &records, wanted, plan, reporter);
    remove_on_failure(engine, &plan.volumes, reporter, work).await
}
