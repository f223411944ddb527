//! A snapshot goes.

use super::leftover::forgiving;
use super::{Snapshot, SnapshotError, Task};
use crate::engine::{Container, EngineError, Snapshots, StoredVolume};

/// What will be done, in this order.
#[must_use]
pub fn plan_remove(snapshot: &Snapshot) -> Vec<Task> {
    let volumes = snapshot.volumes();
    vec![
        Task::RemoveImage(snapshot.clone()),
        Task::RemoveVolume(volumes.data),
        Task::RemoveVolume(volumes.docker),
    ]
}

/// Removes a snapshot. The file system that a container was made of stays as
/// long as the container, by another name.
///
/// # Errors
///
/// - [`SnapshotError::InUse`]: somebody copies from it.
/// - What the engine answered.
pub async fn remove<S: Snapshots>(engine: &S, snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let of_it = |it: &StoredVolume| it.labels.snapshot().as_ref() == Some(&snapshot.id);
    let volumes = engine.snapshot_volumes().await?;
    if volumes.iter().any(|it| of_it(it) && !it.used_by.is_empty()) {
        return Err(SnapshotError::InUse { name: snapshot.name.to_string() });
    }
    let reference = snapshot.reference();
    let containers = engine.containers().await?;
    let lasts = |it: &&Container| snapshot.used_by.contains(&it.id) && !it.labels.is_helper();
    for container in containers.iter().filter(lasts) {
        match engine.retain(&reference, &container.id).await {
            Err(EngineError::NoSuchImage { .. }) => {}
            outcome => outcome?,
        }
    }
    engine.remove_image(&reference).await?;
    for volume in [snapshot.volumes().data, snapshot.volumes().docker] {
        forgiving(engine.remove_volume(volume.as_ref()).await)?;
    }
    Ok(())
}
