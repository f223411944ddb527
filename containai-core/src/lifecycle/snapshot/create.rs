//! Creation of a snapshot.

use super::record::volume_copies;
use super::recovery::roll_back;
use super::{CreatePlan, Snapshot, SnapshotError};
use crate::byte_size::ByteSize;
use crate::engine::{
    Container, ContainerId, ContainerVolumes, CopyJob, CopySpace, EngineError, RunState, Snapshots,
    VolumeCopier as _,
};
use crate::lifecycle::{Event, EventListener, Observed, Refusal};
use crate::naming::{RandomId, SnapshotName, WorkspacePath};
use crate::timestamp::Timestamp;

/// Free space to keep on the disk.
const RESERVED_BYTES: u64 = 64 << 20;

/// Plans a snapshot of a container. `volumes` are those of the container. Without a name,
/// the snapshot is named after the current time.
///
/// # Errors
///
/// - [`SnapshotError::Exists`]: the name is in use.
/// - [`Refusal::NotManaged`], [`Refusal::Stuck`]: the container is foreign or being
///   removed.
pub fn plan_create(
    observed: &Observed,
    container: &Container,
    volumes: ContainerVolumes,
    existing: &[Snapshot],
    name: Option<SnapshotName>,
    (id, now): (RandomId, Timestamp),
) -> Result<CreatePlan, SnapshotError> {
    let not_ours = || Refusal::NotManaged { name: container.name.clone() };
    let path = container.labels.workspace().ok_or_else(not_ours)?;
    let workspace = WorkspacePath::new(path).map_err(|_| not_ours())?;
    let isolation = container.labels.isolation().ok_or_else(not_ours)?;
    if matches!(container.state, RunState::Removing | RunState::Restarting | RunState::Dead) {
        let (name, state) = (container.name.clone(), container.state.to_string());
        return Err(Refusal::Stuck { name, state }.into());
    }
    let is_taken = |name: &SnapshotName| existing.iter().any(|it| it.name == *name);
    let name = match name {
        Some(name) if is_taken(&name) => {
            return Err(SnapshotError::Exists { name: name.to_string() });
        }
        Some(name) => name,
        None => {
            let moment = now.to_compact();
            let mut names = SnapshotName::from_timestamp(&moment);
            names.find(|name| !is_taken(name)).ok_or_else(not_ours)?
        }
    };
    let snapshot = Snapshot {
        id,
        name,
        created: now,
        container: container.name.clone(),
        workspace,
        image: container.image.clone(),
        isolation,
        size: ByteSize::from_bytes(0),
        used_by: Vec::new(),
    };
    let freezes = writers(observed, container, &volumes);
    Ok(CreatePlan { snapshot, container: container.clone(), volumes, paused: freezes })
}

/// Returns the container and those that share its data volume, as far as they are
/// running.
fn writers(
    observed: &Observed,
    container: &Container,
    volumes: &ContainerVolumes,
) -> Vec<Container> {
    let writes = |it: &&Container| {
        let shares = it.labels.is_managed()
            && it.labels.workspace().is_some()
            && it.labels.data_volume().as_ref() == Some(&volumes.data);
        it.state == RunState::Running && (it.id == container.id || shares)
    };
    observed.containers.iter().filter(writes).cloned().collect()
}

/// Creates the snapshot. On every outcome, the containers are unpaused and an incomplete
/// snapshot is removed. A caller that drops the future must call [`roll_back()`].
///
/// # Errors
///
/// - [`SnapshotError::NoSpace`]: no container was paused.
/// - Errors of the engine.
pub async fn create<S: Snapshots>(
    engine: &S,
    plan: &CreatePlan,
    events: &dyn EventListener,
) -> Result<Snapshot, SnapshotError> {
    let outcome = pause_and_copy(engine, plan, events).await;
    if outcome.is_err() {
        roll_back(engine, &plan.snapshot.volumes()).await?;
    }
    outcome
}

async fn pause_and_copy<S: Snapshots>(
    engine: &S,
    plan: &CreatePlan,
    events: &dyn EventListener,
) -> Result<Snapshot, SnapshotError> {
    let CreatePlan { snapshot, container, volumes, paused: freezes } = plan;
    events.on_event(Event::Stage(&format!("creating snapshot {}", snapshot.name)));
    let job = CopyJob {
        copies: volume_copies(volumes, &snapshot.volumes()),
        workspace: snapshot.workspace.clone(),
        snapshot: Some(snapshot.id.clone()),
        image: container.image.clone(),
        isolation: snapshot.isolation,
        pauses: freezes.iter().map(|it| it.id.clone()).collect(),
    };
    let mut copying = engine.start_copy(&job).await?;
    let room = copying.space();
    require_space(room)?;
    let frozen = pause_all(engine, &job.pauses).await;
    let taken = match frozen {
        Ok(()) => copy_and_commit(engine, plan, &mut copying, room.needed).await,
        Err(error) => Err(error),
    };
    unpause_all(engine, &job.pauses).await?;
    let image = taken?;
    copying.sync().await?;
    engine.tag_snapshot(&image, &snapshot.id).await?;
    copying.close().await?;
    Ok(Snapshot { size: room.needed, ..snapshot.clone() })
}

/// Copies everything that must be consistent at one moment.
async fn copy_and_commit<S: Snapshots>(
    engine: &S,
    plan: &CreatePlan,
    copying: &mut S::Copier<'_>,
    bytes: ByteSize,
) -> Result<String, EngineError> {
    let labels = plan.snapshot.labels(bytes);
    copying.copy().await?;
    engine.commit_snapshot(&plan.container.id, &labels).await
}

async fn pause_all<S: Snapshots>(engine: &S, all: &[ContainerId]) -> Result<(), EngineError> {
    for id in all {
        engine.pause(id).await?;
    }
    Ok(())
}

/// Unpauses the paused ones among them, even if one of them fails.
pub(super) async fn unpause_all<S: Snapshots>(
    engine: &S,
    all: &[ContainerId],
) -> Result<(), EngineError> {
    if all.is_empty() {
        return Ok(());
    }
    let mut outcome = Ok(());
    for container in engine.containers().await? {
        if all.contains(&container.id) && container.state == RunState::Paused {
            let woken = engine.unpause(&container.id).await;
            outcome = outcome.and(woken);
        }
    }
    outcome
}

pub(super) fn require_space(room: CopySpace) -> Result<(), SnapshotError> {
    let free = ByteSize::from_bytes(room.free.bytes().saturating_sub(RESERVED_BYTES));
    match room.needed <= free {
        true => Ok(()),
        false => Err(SnapshotError::NoSpace { needed: room.needed, free }),
    }
}
