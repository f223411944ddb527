//! The plan of a garbage collection.

use super::inventory::GcInventory;
use super::policy::GcPolicy;
use crate::byte_size::ByteSize;
use crate::engine::{Container, StoredImage, StoredVolume};
use crate::timestamp::Timestamp;

/// The items to remove, in this order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GcPlan {
    /// Containers; their named volumes are kept.
    pub containers: Vec<IdleContainer>,
    /// Images without a container after the removal of the containers above.
    pub images: Vec<UnusedImage>,
    /// Volumes that no container mounts. Those of the containers above are kept, because
    /// they contain user data.
    pub volumes: Vec<UnusedVolume>,
}

/// A container that has not been used for a long time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdleContainer {
    /// The container as listed.
    pub container: Container,
    /// The time since which it has been idle.
    pub idle_since: Timestamp,
    /// The size of its own files; `None` before it is measured.
    pub size: Option<ByteSize>,
}

/// An unused image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnusedImage {
    /// The engine's identifier.
    pub id: String,
    /// The references to remove.
    pub references: Vec<String>,
    /// The maximum space that is freed; 0 if the image keeps another reference.
    pub size: ByteSize,
}

/// An unused volume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnusedVolume {
    /// Its name.
    pub name: String,
    /// The size of its content; `None` if the engine does not report it.
    pub size: Option<ByteSize>,
}

impl GcPlan {
    /// Returns whether the plan is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.images.is_empty() && self.volumes.is_empty()
    }

    /// Returns the space that would be freed, as far as it is known.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        let containers = self.containers.iter().filter_map(|it| it.size);
        let images = self.images.iter().map(|it| it.size);
        let volumes = self.volumes.iter().filter_map(|it| it.size);
        sum_sizes(containers.chain(images).chain(volumes))
    }
}

/// Plans a garbage collection.
#[must_use]
pub fn plan_gc(inventory: &GcInventory, now: Timestamp, policy: &GcPolicy) -> GcPlan {
    let idle = inventory.containers.iter().filter_map(|(container, times)| {
        let idle_since = policy.idle_since(container, times.as_ref()?, now)?;
        Some(IdleContainer { container: container.clone(), idle_since, size: None })
    });
    let containers: Vec<_> = idle.collect();
    let images = inventory.images.iter().filter_map(|image| {
        let mut image = image.clone();
        image.used_by.retain(|user| !containers.iter().any(|it| it.container.id == *user));
        unused_image(&image, policy)
    });
    let images = images.collect();
    let volumes = inventory.volumes.iter().filter(|volume| policy.is_unused_volume(volume, now));
    let volumes = volumes.map(|it| UnusedVolume { name: it.name.clone(), size: it.size });
    GcPlan { volumes: volumes.collect(), images, containers }
}

fn unused_image(image: &StoredImage, policy: &GcPolicy) -> Option<UnusedImage> {
    let names = policy.unused_references(image);
    if names.is_empty() {
        return None;
    }
    let goes = names.len() == image.references.len();
    Some(UnusedImage {
        id: image.id.clone(),
        references: names.into_iter().map(str::to_owned).collect(),
        size: if goes { image.size } else { ByteSize::from_bytes(0) },
    })
}

/// Returns the sum, saturating.
pub(super) fn sum_sizes(sizes: impl Iterator<Item = ByteSize>) -> ByteSize {
    ByteSize::from_bytes(sizes.fold(0, |sum, size| size.bytes().saturating_add(sum)))
}

/// Returns whether the container is still idle.
pub(super) fn is_still_idle(
    idle: &IdleContainer,
    inventory: &GcInventory,
    now: Timestamp,
    policy: &GcPolicy,
) -> bool {
    let listed = inventory.containers.iter().find(|(it, _)| it.id == idle.container.id);
    listed.is_some_and(|(container, times)| {
        times.as_ref().is_some_and(|it| policy.idle_since(container, it, now).is_some())
    })
}

/// Returns the planned references of the image that are still unused.
pub(super) fn still_unused_references(
    image: &UnusedImage,
    images: &[StoredImage],
    policy: &GcPolicy,
) -> Vec<String> {
    let found = images.iter().find(|it| it.id == image.id);
    let names = found.map(|it| policy.unused_references(it)).unwrap_or_default();
    let is_planned = |name: &&str| image.references.iter().any(|planned| planned == name);
    names.into_iter().filter(is_planned).map(str::to_owned).collect()
}

/// Returns whether the volume is still unused.
pub(super) fn is_still_unused(
    volume: &UnusedVolume,
    volumes: &[StoredVolume],
    now: Timestamp,
    policy: &GcPolicy,
) -> bool {
    volumes
        .iter()
        .any(|it: &StoredVolume| it.name == volume.name && policy.is_unused_volume(it, now))
}
