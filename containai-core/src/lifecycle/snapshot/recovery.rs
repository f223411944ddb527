//! Recovery after interrupted commands.

use std::time::Duration;

use super::pause::unpause_all;
use super::record::list_snapshots;
use crate::engine::{
    Container, ContainerId, ContainerVolumes, EngineError, RunState, Snapshots, StoredVolume,
};
use crate::naming::{RandomId, VolumeName};
use crate::timestamp::Timestamp;

/// The time that a helper may take to start; several seconds on a busy machine.
const HELPER_START_GRACE: Duration = Duration::from_secs(30);

/// The leftovers of interrupted commands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SnapshotLeftovers {
    /// Containers to unpause.
    pub paused: Vec<ContainerId>,
    /// Helper containers without a process that waits for them.
    pub helpers: Vec<ContainerId>,
    /// Images of incomplete snapshots.
    pub images: Vec<String>,
    /// Volumes that may be incomplete, or without a snapshot.
    pub volumes: Vec<VolumeName>,
}

impl SnapshotLeftovers {
    /// Returns whether there are no leftovers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Finds the leftovers of interrupted commands of this client. Objects of running
/// commands are not included.
///
/// # Errors
///
/// Errors of the engine.
pub async fn find_leftovers<S: Snapshots>(
    engine: &S,
    now: Timestamp,
) -> Result<SnapshotLeftovers, EngineError> {
    // The order ensures that snapshots completed meanwhile are seen as complete.
    let nameless = engine.untagged_snapshots().await?;
    let volumes = engine.snapshot_volumes().await?;
    let containers = engine.containers().await?;
    let complete: Vec<RandomId> =
        list_snapshots(engine).await?.into_iter().map(|it| it.id).collect();
    let is_helper = |it: &&Container| {
        it.labels.is_managed() && it.labels.is_snapshot_helper() && engine.owns(&it.labels)
    };
    let mut found = SnapshotLeftovers::default();
    let (mut at_work, mut orphans) = (Vec::new(), Vec::new());
    for helper in containers.iter().filter(is_helper) {
        match is_orphan(engine, helper, now).await? {
            true => orphans.push(helper),
            false => at_work.extend(helper.labels.snapshot()),
        }
    }
    for helper in orphans {
        let is_paused = |id: &ContainerId| {
            containers.iter().any(|it| it.id == *id && it.state == RunState::Paused)
        };
        found.paused.extend(helper.labels.paused_containers().into_iter().filter(is_paused));
        found.helpers.push(helper.id.clone());
        if helper.labels.snapshot().is_none() {
            found.volumes.extend(helper.labels.copied_volumes().unwrap_or_default());
        }
    }
    let is_of_nobody = |id: &RandomId| !at_work.contains(id) && !complete.contains(id);
    found.images.extend(nameless.into_iter().filter(|(_, id)| is_of_nobody(id)).map(|it| it.0));
    let is_left = |volume: &&StoredVolume| {
        let users = || volume.used_by.iter().filter(|user| !found.helpers.contains(user));
        volume.labels.snapshot().is_some_and(|id| is_of_nobody(&id)) && users().next().is_none()
    };
    let names = volumes.iter().filter(is_left).filter_map(|it| VolumeName::parse(&it.name).ok());
    let names: Vec<_> = names.collect();
    found.volumes.extend(names);
    Ok(found)
}

/// A helper runs as long as a process waits for it.
async fn is_orphan<S: Snapshots>(
    engine: &S,
    helper: &Container,
    now: Timestamp,
) -> Result<bool, EngineError> {
    match helper.state {
        RunState::Running | RunState::Restarting | RunState::Removing => Ok(false),
        RunState::Created => match engine.container_times(&helper.id).await {
            Ok(times) => Ok(times.created.is_none_or(|it| it.age_at(now) >= HELPER_START_GRACE)),
            Err(EngineError::NoSuchContainer { .. }) => Ok(false),
            Err(error) => Err(error),
        },
        _ => Ok(true),
    }
}

/// Removes the leftovers; paused containers are unpaused first.
///
/// # Errors
///
/// Errors of the engine. Objects in use are kept.
pub async fn remove_leftovers<S: Snapshots>(
    engine: &S,
    leftovers: &SnapshotLeftovers,
) -> Result<(), EngineError> {
    unpause_all(engine, &leftovers.paused).await?;
    for helper in &leftovers.helpers {
        engine.remove_helper(helper).await?;
    }
    for image in &leftovers.images {
        ignore_in_use(engine.remove_image(image).await)?;
    }
    for volume in &leftovers.volumes {
        ignore_in_use(engine.remove_volume(volume.as_ref()).await)?;
    }
    Ok(())
}

/// Rolls back copies to these volumes: unpauses the containers that were paused for them
/// and removes all created objects. A complete snapshot is kept.
///
/// # Errors
///
/// Errors of the engine.
pub async fn roll_back<S: Snapshots>(engine: &S, to: &ContainerVolumes) -> Result<(), EngineError> {
    let complete = list_snapshots(engine).await?;
    let is_theirs = |helper: &&Container| {
        let copies = helper.labels.copied_volumes().unwrap_or_default();
        helper.labels.is_managed() && copies.contains(&to.data)
    };
    let containers = engine.containers().await?;
    for helper in containers.iter().filter(is_theirs) {
        unpause_all(engine, &helper.labels.paused_containers()).await?;
        engine.remove_helper(&helper.id).await?;
    }
    if complete.iter().any(|it| it.volumes() == *to) {
        return Ok(());
    }
    for (image, id) in engine.untagged_snapshots().await? {
        if super::record::snapshot_volumes(&id) == *to {
            ignore_in_use(engine.remove_image(&image).await)?;
        }
    }
    for volume in [&to.data, &to.docker] {
        ignore_in_use(engine.remove_volume(volume.as_ref()).await)?;
    }
    Ok(())
}

/// Ignores the refusal to remove an object in use.
pub(super) fn ignore_in_use(outcome: Result<(), EngineError>) -> Result<(), EngineError> {
    match outcome {
        Err(EngineError::Refused { status: 409, .. }) => Ok(()),
        outcome => outcome,
    }
}
