//! Creation of a snapshot.

use super::pause::{pause_all, unpause_all};
use super::record::volume_copies;
use super::recovery::roll_back;
use super::{CreatePlan, Snapshot, SnapshotError};
use crate::byte_size::ByteSize;
use crate::engine::{
    Container, ContainerVolumes, CopyJob, CopySpace, EngineError, RunState, Snapshots,
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
            let time = now.to_compact();
            let mut names = SnapshotName::from_timestamp(&time);
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
    let paused = writers(observed, container, &volumes);
    Ok(CreatePlan { snapshot, container: container.clone(), volumes, paused })
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
    let CreatePlan { snapshot, container, volumes, paused } = plan;
    events.on_event(Event::Stage(&format!("creating snapshot {}", snapshot.name)));
    let job = CopyJob {
        copies: volume_copies(volumes, &snapshot.volumes()),
        workspace: snapshot.workspace.clone(),
        snapshot: Some(snapshot.id.clone()),
        image: container.image.clone(),
        isolation: snapshot.isolation,
        pauses: paused.iter().map(|it| it.id.clone()).collect(),
    };
    let mut copier = engine.start_copy(&job).await?;
    let space = copier.space();
    require_space(space)?;
    let committed = match pause_all(engine, &job.pauses).await {
        Ok(()) => copy_and_commit(engine, plan, &mut copier, space.needed).await,
        Err(error) => Err(error),
    };
    unpause_all(engine, &job.pauses).await?;
    let image = committed?;
    copier.sync().await?;
    engine.tag_snapshot(&image, &snapshot.id).await?;
    copier.close().await?;
    Ok(Snapshot { size: space.needed, ..snapshot.clone() })
}

/// Copies everything that must be consistent at one moment.
async fn copy_and_commit<S: Snapshots>(
    engine: &S,
    plan: &CreatePlan,
    copier: &mut S::Copier<'_>,
    bytes: ByteSize,
) -> Result<String, EngineError> {
    let labels = plan.snapshot.labels(bytes);
    copier.copy().await?;
    engine.commit_snapshot(&plan.container.id, &labels).await
}

pub(super) fn require_space(space: CopySpace) -> Result<(), SnapshotError> {
    let free = ByteSize::from_bytes(space.free.bytes().saturating_sub(RESERVED_BYTES));
    match space.needed <= free {
        true => Ok(()),
        false => Err(SnapshotError::NoSpace { needed: space.needed, free }),
    }
}
