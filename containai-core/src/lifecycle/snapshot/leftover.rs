//! What commands left that were interrupted.

use std::time::Duration;

use super::create::thaw;
use super::stored::snapshots;
use crate::engine::{
    Container, ContainerId, EngineError, OwnVolumes, RunState, Snapshots, StoredVolume,
};
use crate::naming::{Nonce, VolumeName};
use crate::timestamp::Timestamp;

/// How long a helper may wait for its start. On a busy machine some seconds pass.
const BIRTH: Duration = Duration::from_secs(30);

/// What commands left that were interrupted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leftovers {
    /// Containers that nobody woke.
    pub frozen: Vec<ContainerId>,
    /// Helpers that nobody waits for.
    pub helpers: Vec<ContainerId>,
    /// Images of snapshots that were not finished.
    pub images: Vec<String>,
    /// Volumes that may be incomplete, or whose snapshot is gone.
    pub volumes: Vec<VolumeName>,
}

impl Leftovers {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Looks for what commands left that were interrupted, on this machine's account.
/// What another command is at is not among it.
///
/// # Errors
///
/// What the engine answered.
pub async fn leftovers<S: Snapshots>(engine: &S, now: Timestamp) -> Result<Leftovers, EngineError> {
    // In this order: what is finished meanwhile is seen as finished.
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

/// A helper runs for as long as somebody waits for it.
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

/// Removes it; what is frozen wakes first.
///
/// # Errors
///
/// What the engine answered. What somebody has begun to use stays.
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

/// Gives up copies to these volumes, whatever they are at: wakes what is frozen
/// for them, and removes what was made. A snapshot that is complete stays.
///
/// # Errors
///
/// What the engine answered.
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

/// What is in use stays.
pub(super) fn forgiving(outcome: Result<(), EngineError>) -> Result<(), EngineError> {
    match outcome {
        Err(EngineError::Refused { status: 409, .. }) => Ok(()),
        outcome => outcome,
    }
}
