//! A snapshot as the engine keeps it.

use super::SnapshotError;
use crate::byte_size::ByteSize;
use crate::engine::{
    ContainerId, EngineError, Isolation, OwnVolumes, Snapshots, StoredImage, VolumeCopy,
};
use crate::label::{self, Labels};
use crate::naming::{Nonce, SnapshotName, VolumeName, VolumeUse, WorkspacePath};
use crate::timestamp::Timestamp;

/// A snapshot as the engine keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// What its image and its volumes are told apart by.
    pub id: Nonce,
    /// The name that a person gave, or the moment.
    pub name: SnapshotName,
    /// When it was made.
    pub created: Timestamp,
    /// The name of the container that it was made of; untrusted.
    pub container: String,
    /// The workspace of that container.
    pub workspace: WorkspacePath,
    /// The image that the container was made from; untrusted.
    pub image: String,
    /// How the container's root was kept from being the host's. Owners of files
    /// mean something only with the same.
    pub isolation: Isolation,
    /// What it takes at most: files beyond the container's image, and volumes.
    pub size: ByteSize,
    /// The containers that are made of it.
    pub used_by: Vec<ContainerId>,
}

impl Snapshot {
    /// Reads the labels of an image; `None` for one that is no snapshot's.
    pub fn of(image: &StoredImage) -> Option<Self> {
        let labels = &image.labels;
        let id = labels.snapshot()?;
        let reference = SnapshotName::image(&id);
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
            image: labels.get(label::IMAGE)?.to_owned(),
            isolation: labels.isolation()?,
            size: ByteSize::from_bytes(image.size.bytes().saturating_add(volumes)),
            used_by: image.used_by.clone(),
            id,
        })
    }

    /// What its image is called.
    #[must_use]
    pub fn reference(&self) -> String {
        SnapshotName::image(&self.id)
    }

    /// Its volumes.
    #[must_use]
    pub fn volumes(&self) -> OwnVolumes {
        volumes(&self.id)
    }

    /// The labels of its image, which come on top of the container's. What
    /// those say of one container is taken back.
    pub(super) fn labels(&self, volumes: ByteSize) -> Labels {
        let created = self.created.unix().to_string();
        Labels::default()
            .over_snapshot()
            .with(label::SNAPSHOT, self.id.as_str())
            .with(label::SNAPSHOT_NAME, self.name.as_str())
            .with(label::SNAPSHOT_CREATED, &created)
            .with(label::SNAPSHOT_OF, &self.container)
            .with(label::SNAPSHOT_BYTES, &volumes.bytes().to_string())
            .with(label::IMAGE, &self.image)
    }

    /// What is copied out of it.
    pub(super) fn copies_to(&self, to: &OwnVolumes) -> Vec<VolumeCopy> {
        copies(&self.volumes(), to)
    }
}

pub(super) fn copies(from: &OwnVolumes, to: &OwnVolumes) -> Vec<VolumeCopy> {
    let copy =
        |from: &VolumeName, to: &VolumeName| VolumeCopy { from: from.clone(), to: to.clone() };
    vec![copy(&from.data, &to.data), copy(&from.docker, &to.docker)]
}

pub(super) fn volumes(id: &Nonce) -> OwnVolumes {
    OwnVolumes {
        data: VolumeName::of_snapshot(id, VolumeUse::Data),
        docker: VolumeName::of_snapshot(id, VolumeUse::Docker),
    }
}

/// The snapshots of this machine, oldest first.
///
/// # Errors
///
/// What the engine answered.
pub async fn snapshots<S: Snapshots>(engine: &S) -> Result<Vec<Snapshot>, EngineError> {
    let images = engine.images().await?;
    let ours = images.iter().filter(|image| engine.shows(&image.labels));
    let mut found: Vec<_> = ours.filter_map(Snapshot::of).collect();
    found.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
    Ok(found)
}

/// The snapshot of this name.
///
/// # Errors
///
/// [`SnapshotError::Unknown`] where there is none.
pub fn named<'s>(
    snapshots: &'s [Snapshot],
    name: &SnapshotName,
) -> Result<&'s Snapshot, SnapshotError> {
    let found = snapshots.iter().find(|it| it.name == *name);
    found.ok_or_else(|| SnapshotError::Unknown { name: name.to_string() })
}
