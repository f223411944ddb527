//! Restore of a container.

use std::collections::BTreeMap;

use super::recovery::roll_back;
use super::volume_copies::copy_volumes;
use super::{RestorePlan, Snapshot, SnapshotError};
use crate::engine::{
    Container, ContainerVolumes, ReplacementSpec, RunState, Snapshots, VolumeCopier as _,
};
use crate::label;
use crate::layout;
use crate::lifecycle::{Desired, Event, Refusal, StepListener, finish_replacement};
use crate::naming::{ContainerName, RandomId, VolumeName, VolumeUse};
use crate::remote::Remote;
use crate::workspace_store::WorkspaceStore;

/// Plans the restore of a container. `has` are its current volumes; `suffix` makes the
/// names of the new ones unique.
///
/// # Errors
///
/// - [`SnapshotError::Ephemeral`]: the container is ephemeral.
/// - [`SnapshotError::IsolationMismatch`]: the owners of files would not match.
/// - [`Refusal`]: the container is being removed, or it has no port.
pub fn plan_restore(
    snapshot: &Snapshot,
    container: &Container,
    has: &ContainerVolumes,
    desired: &Desired,
    suffix: &RandomId,
) -> Result<RestorePlan, SnapshotError> {
    let name = || container.name.clone();
    if container.labels.is_ephemeral() {
        return Err(SnapshotError::Ephemeral { name: name() });
    }
    if matches!(container.state, RunState::Removing | RunState::Dead) {
        return Err(Refusal::Stuck { name: name(), state: container.state.to_string() }.into());
    }
    if container.labels.ssh_port().is_none() {
        return Err(Refusal::NoPort { name: name() }.into());
    }
    let isolation = container.labels.isolation().unwrap_or(desired.isolation);
    require_isolation(snapshot, isolation)?;
    let (workspace, client) = (&desired.workspace, desired.client.as_ref());
    let copied = |what| VolumeName::restored(workspace, client, what, suffix);
    let is_ours = |volume: &VolumeName, what| volume.belongs_to(workspace, client, what);
    let replaced = [(&has.data, VolumeUse::Data), (&has.docker, VolumeUse::Docker)];
    let replaced = replaced.into_iter().filter(|(volume, what)| is_ours(volume, *what));
    Ok(RestorePlan {
        snapshot: snapshot.clone(),
        container: container.clone(),
        volumes: ContainerVolumes {
            data: copied(VolumeUse::Data),
            docker: copied(VolumeUse::Docker),
        },
        replaced: replaced.map(|(volume, _)| volume.clone()).collect(),
    })
}

pub(super) fn require_isolation(
    snapshot: &Snapshot,
    requested: crate::engine::Isolation,
) -> Result<(), SnapshotError> {
    if snapshot.isolation == requested {
        return Ok(());
    }
    Err(SnapshotError::IsolationMismatch {
        name: snapshot.name.to_string(),
        actual: snapshot.isolation.to_string(),
        required: requested.to_string(),
    })
}

/// Restores the container and leaves it stopped. The previous state is removed only when
/// the new one is complete. Until then, a caller that drops the future must call
/// [`roll_back()`]; afterwards the next run resumes.
///
/// The caller holds the lock of the workspace.
///
/// # Errors
///
/// - [`SnapshotError::NoSpace`]: the container was not stopped.
/// - [`SnapshotError::ContainerStarted`]: the container was started meanwhile.
/// - Errors of the engine, the remote or the workspace store.
pub async fn restore<S: Snapshots, R: Remote, N: WorkspaceStore>(
    engine: &S,
    remote: &R,
    records: &N,
    desired: &Desired,
    plan: &RestorePlan,
    events: &dyn StepListener,
) -> Result<Container, SnapshotError> {
    let outcome = create_replacement(engine, plan, events).await;
    if let Err(error) = outcome {
        roll_back(engine, &plan.volumes).await?;
        return Err(error);
    }
    let installed = finish_replacement(engine, remote, records, desired, events).await?;
    let is_new = |it: &Container| it.labels.data_volume().as_ref() == Some(&plan.volumes.data);
    let Some(container) = installed.filter(is_new) else {
        roll_back(engine, &plan.volumes).await?;
        return Err(SnapshotError::ContainerStarted { name: plan.container.name.clone() });
    };
    Ok(container)
}

/// Creates the replacement of the container.
async fn create_replacement<S: Snapshots>(
    engine: &S,
    plan: &RestorePlan,
    events: &dyn StepListener,
) -> Result<(), SnapshotError> {
    let RestorePlan { snapshot, container: old, volumes, .. } = plan;
    events.on_event(Event::Stage(&format!("restoring snapshot {}", snapshot.name)));
    let copying = copy_volumes(engine, snapshot, volumes, &snapshot.workspace).await?;
    if old.state == RunState::Paused {
        engine.unpause(&old.id).await?;
    }
    engine.stop(&old.id).await?;
    let last_start = engine.last_start(&old.id).await?;
    // The replacement is about to own the volumes. The labels of the helper, which mark
    // them as leftovers, must not outlast it.
    copying.close().await?;
    let replacement = replacement_spec(plan, &last_start)?;
    let port = old.labels.ssh_port();
    let port = port.ok_or_else(|| Refusal::NoPort { name: old.name.clone() })?;
    engine.create_replacement(&replacement, port).await?;
    Ok(())
}

fn replacement_spec(plan: &RestorePlan, last_start: &str) -> Result<ReplacementSpec, Refusal> {
    let RestorePlan { snapshot, container: old, volumes, .. } = plan;
    let not_ours = |_| Refusal::NotManaged { name: old.name.clone() };
    let replaced: Vec<_> = plan.replaced.iter().map(AsRef::as_ref).collect();
    let name = ContainerName::parse(&old.name).map_err(not_ours)?;
    let labels = old
        .labels
        .for_replacement(old.id.as_ref(), last_start, name.as_ref(), &snapshot.image)
        .with(label::DATA_VOLUME, volumes.data.as_ref())
        .with(label::NEW_VOLUME, "true")
        .with(label::SNAPSHOT, snapshot.id.as_str())
        .with(label::REPLACED_VOLUMES, &replaced.join(","))
        .masking_snapshot();
    Ok(ReplacementSpec {
        of: old.id.clone(),
        name: name.interim(),
        image: snapshot.reference(),
        labels,
        volumes: BTreeMap::from([
            (layout::CONTAINER_DATA, volumes.data.clone()),
            (layout::CONTAINER_DOCKER, volumes.docker.clone()),
        ]),
    })
}
