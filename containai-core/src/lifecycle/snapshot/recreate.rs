//! Creation of a container from a snapshot.

use super::recovery::roll_back;
use super::restore::require_isolation;
use super::volume_copies::copy_volumes;
use super::{RecreatePlan, Snapshot, SnapshotError};
use crate::engine::{
    AnonymisedImage, Container, ContainerIdentity, ContainerSpec, ContainerVolumes, EngineError,
    SnapshotSource, Snapshots, VolumeCopier as _,
};
use crate::lifecycle::decide::{choose_name, require_exact_name};
use crate::lifecycle::{Desired, Event, Observed, StepListener, Strength, finish_replacement};
use crate::naming::{HostPort, Hostname, RandomId, VolumeName, VolumeUse};
use crate::remote::Remote;
use crate::workspace_store::WorkspaceStore;

/// Whether the default volumes of a workspace exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DefaultVolumes {
    /// Neither of them exists.
    Absent,
    /// At least one may exist; it is not overwritten.
    MayExist,
}

/// Plans the creation of a container for the desired workspace from a snapshot. `own`
/// states whether its default volumes exist; if so, `suffix` makes the names of the new
/// ones unique.
///
/// # Errors
///
/// - [`SnapshotError::WorkspaceHasContainer`]: the workspace has a container.
/// - [`SnapshotError::IsolationMismatch`]: the owners of files would not match.
/// - [`Refusal`](crate::lifecycle::Refusal): the name is in use.
pub fn plan_recreate(
    snapshot: &Snapshot,
    observed: &Observed,
    desired: &Desired,
    identity: ContainerIdentity,
    own: DefaultVolumes,
    suffix: &RandomId,
) -> Result<RecreatePlan, SnapshotError> {
    let workspace = &desired.workspace;
    if let Some(container) = observed.containers.iter().find(|it| it.serves(workspace)) {
        let (workspace, name) = (workspace.to_string(), container.name.clone());
        return Err(SnapshotError::WorkspaceHasContainer { workspace, name });
    }
    require_isolation(snapshot, desired.isolation)?;
    let name = match desired.options.name {
        Strength::Preferred => choose_name(observed, &desired.name)?,
        Strength::Required => require_exact_name(observed, &desired.name)?,
    };
    let client = desired.client.as_ref();
    let takes_own = own == DefaultVolumes::Absent && desired.data_volume.is_none();
    let volume = |what| match takes_own {
        true => VolumeName::of(workspace, client, what),
        false => VolumeName::restored(workspace, client, what, suffix),
    };
    Ok(RecreatePlan {
        snapshot: snapshot.clone(),
        workspace: workspace.clone(),
        name,
        volumes: ContainerVolumes {
            data: volume(VolumeUse::Data),
            docker: volume(VolumeUse::Docker),
        },
        identity,
        records: !takes_own,
    })
}

/// Creates the container and leaves it stopped. Until it exists, a caller that drops the
/// future must call [`roll_back()`]; afterwards the next run resumes.
///
/// The caller holds the lock of the workspace.
///
/// # Errors
///
/// - [`SnapshotError::NoSpace`]: nothing was created.
/// - Errors of the engine, the remote or the workspace store.
pub async fn recreate<S: Snapshots, R: Remote, N: WorkspaceStore>(
    engine: &S,
    remote: &R,
    records: &N,
    desired: &Desired,
    plan: &RecreatePlan,
    events: &dyn StepListener,
) -> Result<Container, SnapshotError> {
    let outcome = copy_and_create(engine, remote, desired, plan, events).await;
    if let Err(error) = outcome {
        roll_back(engine, &plan.volumes).await?;
        return Err(error);
    }
    let installed = finish_replacement(engine, remote, records, desired, events).await?;
    let name = plan.name.to_string();
    Ok(installed.ok_or_else(|| EngineError::NoSuchContainer { id: name })?)
}

async fn copy_and_create<S: Snapshots, R: Remote>(
    engine: &S,
    remote: &R,
    desired: &Desired,
    plan: &RecreatePlan,
    events: &dyn StepListener,
) -> Result<(), SnapshotError> {
    let snapshot = &plan.snapshot;
    events
        .on_event(Event::Stage(&format!("creating {} from snapshot {}", plan.name, snapshot.name)));
    let copying = copy_volumes(engine, snapshot, &plan.volumes, &plan.workspace).await?;
    let anonymous = match plan.identity {
        ContainerIdentity::Keep => None,
        ContainerIdentity::Regenerate => {
            Some(engine.anonymise(&snapshot.reference(), &snapshot.workspace).await?)
        }
    };
    // The container is about to own the volumes. The labels of the helper, which mark
    // them as leftovers, must not outlast it.
    copying.close().await?;
    let outcome = create_container(engine, remote, desired, plan, anonymous.as_ref(), events).await;
    if let Some(anonymous) = anonymous {
        engine.remove_helper(&anonymous.helper).await?;
    }
    outcome
}

async fn create_container<S: Snapshots, R: Remote>(
    engine: &S,
    remote: &R,
    desired: &Desired,
    plan: &RecreatePlan,
    anonymous: Option<&AnonymisedImage>,
    events: &dyn StepListener,
) -> Result<(), SnapshotError> {
    let observed = Observed { containers: engine.containers().await?, ..Observed::default() };
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    let mut spec = container_spec(desired, &observed, plan, reserved.port);
    if let Some(anonymous) = anonymous {
        spec.image.clone_from(&anonymous.image);
    }
    engine.create(&spec, events).await?;
    Ok(())
}

/// Builds the specification with the interim name. A container with its final name only
/// remains to be started.
fn container_spec(
    desired: &Desired,
    observed: &Observed,
    plan: &RecreatePlan,
    port: HostPort,
) -> ContainerSpec {
    let RecreatePlan { snapshot, name, volumes, identity, .. } = plan;
    ContainerSpec {
        hostname: Hostname::sanitize(name.as_ref()),
        image: snapshot.reference(),
        data_volume: Some(volumes.data.clone()),
        docker_volume: Some(volumes.docker.clone()),
        from_snapshot: Some(SnapshotSource {
            snapshot: snapshot.id.clone(),
            image: snapshot.image.clone(),
            name: name.clone(),
            identity: *identity,
        }),
        ..desired.spec(observed, &name.interim(), port)
    }
}
