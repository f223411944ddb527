//! Recovery after interrupted commands.

use std::time::Duration;

use super::create::thaw;
use super::stored::snapshots;
use crate::engine::{
    Container, ContainerId, EngineError, OwnVolumes, RunState, Snapshots, StoredVolume,
};
use crate::naming::{Nonce, VolumeName};
use crate::timestamp::Timestamp;

/// The time that a helper may take to start; several seconds on a busy machine.
const BIRTH: Duration = Duration::from_secs(30);

/// The leftovers of interrupted commands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leftovers {
    /// Containers to unpause.
    pub frozen: Vec<ContainerId>,
    /// Helper containers without a process that waits for them.
    pub helpers: Vec<ContainerId>,
    /// Images of incomplete snapshots.
    pub images: Vec<String>,
    /// Volumes that may be incomplete, or without a snapshot.
    pub volumes: Vec<VolumeName>,
}

impl Leftovers {
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
pub async fn leftovers<S: Snapshots>(engine: &S, now: Timestamp) -> Result<Leftovers, EngineError> {
    // The order ensures that snapshots completed meanwhile are seen as complete.
    let nameless = engine.nameless_snapshots().await?;
    let volumes = engine.snapshot_volumes().await?;
    let containers = engine.containers().await?;
    let complete: Vec<Nonce> = snapshots(engine).await?.into_iter().map(|it| it.id).collect();
    let is_helper = |it: &&Container| {
        it.labels.is_managed() && it.labels.is_snapshot_helper() && engine.shows(&it.labels)
    };
    let mut found = Leftovers::default();
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
        found.frozen.extend(helper.labels.freezes().into_iter().filter(is_paused));
        found.helpers.push(helper.id.clone());
        if helper.labels.snapshot().is_none() {
            found.volumes.extend(helper.labels.copies().unwrap_or_default());
        }
    }
    let is_of_nobody = |id: &Nonce| !at_work.contains(id) && !complete.contains(id);
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
        RunState::Created => match engine.moments(&helper.id).await {
            Ok(moments) => Ok(moments.created.is_none_or(|it| it.age_at(now) >= BIRTH)),
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
pub async fn clear<S: Snapshots>(engine: &S, left: &Leftovers) -> Result<(), EngineError> {
    thaw(engine, &left.frozen).await?;
    for helper in &left.helpers {
        engine.dismiss(helper).await?;
    }
    for image in &left.images {
        forgiving(engine.remove_image(image).await)?;
    }
    for volume in &left.volumes {
        forgiving(engine.remove_volume(volume.as_ref()).await)?;
    }
    Ok(())
}

/// Rolls back copies to these volumes: unpauses the containers that were paused for them
/// and removes all created objects. A complete snapshot is kept.
///
/// # Errors
///
/// Errors of the engine.
pub async fn abandon<S: Snapshots>(engine: &S, to: &OwnVolumes) -> Result<(), EngineError> {
    let complete = snapshots(engine).await?;
    let is_theirs = |helper: &&Container| {
        let copies = helper.labels.copies().unwrap_or_default();
        helper.labels.is_managed() && copies.contains(&to.data)
    };
    let containers = engine.containers().await?;
    for helper in containers.iter().filter(is_theirs) {
        thaw(engine, &helper.labels.freezes()).await?;
        engine.dismiss(&helper.id).await?;
    }
    if complete.iter().any(|it| it.volumes() == *to) {
        return Ok(());
    }
    for (image, id) in engine.nameless_snapshots().await? {
        if super::stored::volumes(&id) == *to {
            forgiving(engine.remove_image(&image).await)?;
        }
    }
    for volume in [&to.data, &to.docker] {
        forgiving(engine.remove_volume(volume.as_ref()).await)?;
    }
    Ok(())
}

/// Ignores the refusal to remove an object in use.
pub(super) fn forgiving(outcome: Result<(), EngineError>) -> Result<(), EngineError> {
    match outcome {
        Err(EngineError::Refused { status: 409, .. }) => Ok(()),
        outcome => outcome,
    }
}
