//! Copies of the volumes of a snapshot.

use super::create::require_space;
use super::{Snapshot, SnapshotError};
use crate::engine::{
    ContainerVolumes, CopyJob, Engine, EngineError, ImageRequest, Snapshots, VolumeCopier as _,
};
use crate::naming::WorkspacePath;

/// Copies the volumes of a snapshot to new volumes of a workspace. They are synced to the
/// disk when this returns. The labels of the helper identify them until it is closed.
pub(super) async fn copy_volumes<'e, S: Snapshots>(
    engine: &'e S,
    snapshot: &Snapshot,
    volumes: &ContainerVolumes,
    workspace: &WorkspacePath,
) -> Result<S::Copier<'e>, SnapshotError> {
    let job = CopyJob {
        copies: snapshot.copies_to(volumes),
        workspace: workspace.clone(),
        snapshot: None,
        image: helper_image(engine, snapshot).await?,
        isolation: snapshot.isolation,
        pauses: Vec::new(),
    };
    let mut copying = engine.start_copy(&job).await?;
    require_space(copying.space())?;
    copying.copy().await?;
    copying.sync().await?;
    Ok(copying)
}

/// Returns the image of a helper: the one that the container was created from, which
/// holds no user data, or else that of the snapshot.
async fn helper_image<S: Engine>(engine: &S, snapshot: &Snapshot) -> Result<String, EngineError> {
    let image = ImageRequest::Reference(snapshot.image.clone());
    let found = engine.find_image(&image).await?;
    Ok(found.unwrap_or_else(|| snapshot.reference()))
}
