//! The disk usage of ContainAI's objects on an engine.

use std::collections::BTreeSet;

use containai_core::byte_size::ByteSize;
use containai_core::engine::{RunState, Storage as _, StoredImage, StoredVolume};
use containai_core::label::{self, Labels};
use containai_core::lifecycle::gc::is_managed_image;
use containai_docker::{DockerEngine, ListedContainer, Sizes};

/// The objects of one kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct KindUsage {
    /// Their number.
    pub count: usize,
    /// The number of those in use.
    pub active: usize,
    /// Their size.
    pub size: ByteSize,
    /// The size of those that are not in use.
    pub reclaimable: ByteSize,
}

impl KindUsage {
    fn add(&mut self, MeasuredObject { size, is_active }: MeasuredObject) {
        self.count += 1;
        self.active += usize::from(is_active);
        self.size = self.size.saturating_add(size);
        if !is_active {
            self.reclaimable = self.reclaimable.saturating_add(size);
        }
    }
}

/// An object with its size.
struct MeasuredObject {
    size: ByteSize,
    is_active: bool,
}

/// The disk usage of ContainAI's objects on an engine.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct DiskUsage {
    /// Images; used by a container or a snapshot. Unit of sizes: bytes beyond the image below.
    pub images: KindUsage,
    /// The files of containers without their volumes; in use if running.
    pub containers: KindUsage,
    /// Volumes with settings, credentials and the data of inner Docker; in use if mounted.
    pub volumes: KindUsage,
    /// Snapshots: images and volumes. Nothing of them is reclaimable without `cai snapshot remove`.
    pub snapshots: KindUsage,
}

/// Measures the disk usage; the engine has to walk the files of containers and volumes.
///
/// # Errors
///
/// The engine's error.
pub async fn measure(engine: &DockerEngine) -> crate::Result<DiskUsage> {
    let containers = engine.managed(Sizes::Measured).await?;
    Ok(usage_of(&containers, &engine.images().await?, &engine.volumes().await?))
}

fn usage_of(
    containers: &[ListedContainer],
    images: &[StoredImage],
    volumes: &[StoredVolume],
) -> DiskUsage {
    let mut usage = DiskUsage::default();
    let mut snapshots = BTreeSet::new();
    for ListedContainer { container, size } in containers {
        let is_active = container.state == RunState::Running;
        usage.containers.add(MeasuredObject { size: size.unwrap_or_default(), is_active });
    }
    let mut add = |labels: &Labels, object: MeasuredObject, kind: &mut KindUsage| match labels
        .get(label::SNAPSHOT)
    {
        Some(id) => {
            snapshots.insert(id.to_owned());
            usage.snapshots.size = usage.snapshots.size.saturating_add(object.size);
        }
        None => kind.add(object),
    };
    let is_ours = |image: &&StoredImage| image.references.iter().any(|it| is_managed_image(it));
    for image in images.iter().filter(is_ours) {
        let is_active = !image.used_by.is_empty() || image.is_in_snapshot;
        add(&image.labels, MeasuredObject { size: image.size, is_active }, &mut usage.images);
    }
    for volume in volumes {
        let (size, is_active) = (volume.size.unwrap_or_default(), !volume.used_by.is_empty());
        add(&volume.labels, MeasuredObject { size, is_active }, &mut usage.volumes);
    }
    usage.snapshots.count = snapshots.len();
    usage.snapshots.active = snapshots.len();
    usage
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{Container, ContainerId};

    use super::*;

    #[test]
    fn usage_is_summed_by_kind() {
        let container = |state, size| ListedContainer {
            container: Container::new(ContainerId::new("id"), "api", state).with_image("base"),
            size: Some(ByteSize::from_bytes(size)),
        };
        let volume = |labels: &[(&str, &str)], users: &[&str], size| StoredVolume {
            name: "v".into(),
            labels: labels.iter().copied().collect(),
            created: None,
            size: Some(ByteSize::from_bytes(size)),
            used_by: users.iter().map(|id| ContainerId::new(*id)).collect(),
        };
        let image = |reference: &str, key: &str, size| StoredImage {
            id: "sha256:1".into(),
            references: vec![reference.into()],
            labels: [(key, "x")].into_iter().collect(),
            size: ByteSize::from_bytes(size),
            used_by: Vec::new(),
            is_in_snapshot: false,
        };
        let usage = usage_of(
            &[container(RunState::Running, 1), container(RunState::Exited, 2)],
            &[
                image("containai/base:1", label::IMAGE_NAME, 4),
                image("debian:12", label::IMAGE_NAME, 1 << 20),
                image("containai/snapshot:x", label::SNAPSHOT, 8),
            ],
            &[
                volume(&[], &["id"], 16),
                volume(&[], &[], 32),
                volume(&[(label::SNAPSHOT, "x")], &[], 64),
            ],
        );
        let kind = |count, active, size, reclaimable| KindUsage {
            count,
            active,
            size: ByteSize::from_bytes(size),
            reclaimable: ByteSize::from_bytes(reclaimable),
        };
        let expected = DiskUsage {
            images: kind(1, 0, 4, 4),
            containers: kind(2, 1, 3, 2),
            volumes: kind(2, 1, 48, 32),
            snapshots: kind(1, 1, 72, 0),
        };
        assert_eq!(usage, expected);
    }
}
