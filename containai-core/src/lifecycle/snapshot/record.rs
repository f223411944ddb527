//! Snapshots stored on the engine.

use super::SnapshotError;
use crate::byte_size::ByteSize;
use crate::engine::{
    ContainerId, ContainerVolumes, EngineError, Isolation, Snapshots, StoredImage, VolumeCopy,
};
use crate::label::{self, Labels};
use crate::naming::{RandomId, SnapshotName, VolumeName, VolumeUse, WorkspacePath};
use crate::timestamp::Timestamp;

/// A snapshot stored on the engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// The identifier of its image and volumes.
    pub id: RandomId,
    /// The name given by the user, or the creation time.
    pub name: SnapshotName,
    /// The creation time.
    pub created: Timestamp,
    /// The name of the original container; untrusted.
    pub container: String,
    /// The workspace of the original container.
    pub workspace: WorkspacePath,
    /// The image that the original container was created from; untrusted.
    pub image: String,
    /// The isolation of the original container. The owners of files are valid only with
    /// the same isolation.
    pub isolation: Isolation,
    /// The maximum size: the files beyond the container's image, and the volumes.
    pub size: ByteSize,
    /// The containers created from it.
    pub used_by: Vec<ContainerId>,
}

impl Snapshot {
    /// Reads the labels of an image; `None` if it is not a snapshot.
    pub fn from_image(image: &StoredImage) -> Option<Self> {
        let labels = &image.labels;
        let id = labels.snapshot()?;
        let reference = SnapshotName::image_reference(&id);
        if !image.references.contains(&reference) {
            return None;
        }
        let number = |key| labels.get(key)?.parse::<i64>().ok();
        let bytes = number(label::SNAPSHOT_BYTES).and_then(|bytes| u64::try_from(bytes).ok());
        let volumes = bytes.unwrap_or_default();
        Some(Self {
            name: SnapshotName::parse(labels.get(label::SNAPSHOT_NAME)?).ok()?,
            created: Timestamp::from_unix(number(label::SNAPSHOT_CREATED)?),
            container: labels.get(label::SNAPSHOT_OF)?.to_owned(),
            workspace: WorkspacePath::new(labels.workspace()?).ok()?,
            image: labels.get(label::ORIGINAL_IMAGE)?.to_owned(),
            isolation: labels.isolation()?,
            size: ByteSize::from_bytes(image.size.bytes().saturating_add(volumes)),
            used_by: image.used_by.clone(),
            id,
        })
    }

    /// Returns the reference of the image.
    #[must_use]
    pub fn reference(&self) -> String {
        SnapshotName::image_reference(&self.id)
    }

    /// Returns the volumes.
    #[must_use]
    pub fn volumes(&self) -> ContainerVolumes {
        snapshot_volumes(&self.id)
    }

    /// Returns the labels to add to those of the container. Labels that apply to one
    /// container only are masked.
    pub(super) fn labels(&self, volumes: ByteSize) -> Labels {
        let created = self.created.as_unix().to_string();
        Labels::default()
            .masking_snapshot()
            .with(label::SNAPSHOT, self.id.as_str())
            .with(label::SNAPSHOT_NAME, self.name.as_str())
            .with(label::SNAPSHOT_CREATED, &created)
            .with(label::SNAPSHOT_OF, &self.container)
            .with(label::SNAPSHOT_BYTES, &volumes.bytes().to_string())
            .with(label::ORIGINAL_IMAGE, &self.image)
    }

    /// Returns the copies to restore it.
    pub(super) fn copies_to(&self, to: &ContainerVolumes) -> Vec<VolumeCopy> {
        volume_copies(&self.volumes(), to)
    }
}

pub(super) fn volume_copies(from: &ContainerVolumes, to: &ContainerVolumes) -> Vec<VolumeCopy> {
    let copy =
        |from: &VolumeName, to: &VolumeName| VolumeCopy { from: from.clone(), to: to.clone() };
    vec![copy(&from.data, &to.data), copy(&from.docker, &to.docker)]
}

pub(super) fn snapshot_volumes(id: &RandomId) -> ContainerVolumes {
    ContainerVolumes {
        data: VolumeName::of_snapshot(id, VolumeUse::Data),
        docker: VolumeName::of_snapshot(id, VolumeUse::Docker),
    }
}

/// Returns the snapshots of this client, oldest first.
///
/// # Errors
///
/// Errors of the engine.
pub async fn list_snapshots<S: Snapshots>(engine: &S) -> Result<Vec<Snapshot>, EngineError> {
    let images = engine.images().await?;
    let ours = images.iter().filter(|image| engine.owns(&image.labels));
    let mut found: Vec<_> = ours.filter_map(Snapshot::from_image).collect();
    found.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
    Ok(found)
}

/// Returns the snapshot of this name.
///
/// # Errors
///
/// [`SnapshotError::Unknown`] if there is none.
pub fn find_snapshot<'s>(
    snapshots: &'s [Snapshot],
    name: &SnapshotName,
) -> Result<&'s Snapshot, SnapshotError> {
    let found = snapshots.iter().find(|it| it.name == *name);
    found.ok_or_else(|| SnapshotError::Unknown { name: name.to_string() })
}
