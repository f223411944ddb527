//! Removal of a snapshot.

use super::recovery::ignore_in_use;
use super::{Snapshot, SnapshotError, SnapshotStep};
use crate::engine::{Container, EngineError, Snapshots, StoredVolume};

/// Returns the steps, in order.
#[must_use]
pub fn plan_remove(snapshot: &Snapshot) -> Vec<SnapshotStep> {
    let volumes = snapshot.volumes();
    vec![
        SnapshotStep::RemoveImage(snapshot.clone()),
        SnapshotStep::RemoveVolume(volumes.data),
        SnapshotStep::RemoveVolume(volumes.docker),
    ]
}

/// Removes a snapshot. The image of an existing container is kept under another name
/// until the container is removed.
///
/// # Errors
///
/// - [`SnapshotError::InUse`]: a copy from the snapshot is running.
/// - Errors of the engine.
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
        ignore_in_use(engine.remove_volume(volume.as_ref()).await)?;
    }
    Ok(())
}
