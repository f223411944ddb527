//! Creating a container from a snapshot.

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

/// Plans a container from `snapshot` for another workspace.
///
/// # Errors
///
/// The snapshot cannot be used for this workspace, or the engine fails.
pub async fn plan(
    mut view: SnapshotView,
    snapshot: &Snapshot,
    fork: &ForkWorkspace,
) -> crate::Result<(SnapshotView, RecreatePlan)> {
    let SnapshotView { engine, observed, desired } = &mut view;
    if let (Some(branch), true) = (&fork.branch, desired.options.name == Strength::Preferred) {
        let head = GitHead::Branch(branch.clone());
        desired.name = ContainerName::derive_from(snapshot.workspace.dir_name(), &head);
    }
    let mut volumes = DefaultVolumes::Absent;
    for volume_use in [VolumeUse::Data, VolumeUse::Docker] {
        let volume = VolumeName::of(&desired.workspace, desired.client.as_ref(), volume_use);
        if engine.has_volume(&volume).await? {
            volumes = DefaultVolumes::MayExist;
        }
    }
    let identity = ContainerIdentity::Regenerate;
    let plan = plan_recreate(
        snapshot,
        observed,
        desired,
        identity,
        volumes,
        &host_facts::new_random_id()?,
    )?;
    Ok((view, plan))
}

/// Creates the container as planned.
///
/// # Errors
///
/// The engine fails; code 130 if interrupted.
pub async fn run(
    request: &SessionRequest,
    view: &SnapshotView,
    plan: &RecreatePlan,
    reporter: &Reporter,
) -> crate::Result<Container> {
    let SnapshotView { engine, desired, .. } = view;
    let (remote, store) = (request.remote(), request.records());
    let work = recreate(engine, remote, &store, desired, plan, reporter);
    remove_on_failure(engine, &plan.volumes, reporter, work).await
}
