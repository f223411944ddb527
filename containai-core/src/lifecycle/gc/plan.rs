//! What goes, on paper.

use super::policy::GcPolicy;
use super::world::GcWorld;
use crate::byte_size::ByteSize;
use crate::engine::{Container, StoredImage, StoredVolume};
use crate::timestamp::Timestamp;

/// What goes, in this order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GcPlan {
    /// Containers; their named volumes stay.
    pub containers: Vec<StaleContainer>,
    /// Images that no container is made from once those are gone.
    pub images: Vec<UnusedImage>,
    /// Volumes that no container mounted when they were looked at. Those of
    /// the containers above stay: they hold what their people made.
    pub volumes: Vec<UnusedVolume>,
}

/// A container that nobody has used for long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StaleContainer {
    /// The container as it was listed.
    pub container: Container,
    /// Since when nobody has used it.
    pub idle_since: Timestamp,
    /// What its own files take; `None` until it was measured.
    pub size: Option<ByteSize>,
}

/// An image that nobody needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnusedImage {
    /// The engine's identifier.
    pub id: String,
    /// Its names that go.
    pub references: Vec<String>,
    /// What goes with them, at most; nothing when the image keeps another
    /// name.
    pub size: ByteSize,
}

/// A volume that nobody needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnusedVolume {
    /// Its name.
    pub name: String,
    /// What is in it; `None` where the engine does not say.
    pub size: Option<ByteSize>,
}

impl GcPlan {
    /// Whether nothing goes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.images.is_empty() && self.volumes.is_empty()
    }

    /// What would be free then, as far as it is known.
    #[must_use]
    pub fn size(&self) -> ByteSize {
        let containers = self.containers.iter().filter_map(|it| it.size);
        let images = self.images.iter().map(|it| it.size);
        let volumes = self.volumes.iter().filter_map(|it| it.size);
        total(containers.chain(images).chain(volumes))
    }
}

/// Decides what goes.
#[must_use]
pub fn plan_gc(world: &GcWorld, now: Timestamp, policy: &GcPolicy) -> GcPlan {
    let stale = world.containers.iter().filter_map(|(container, moments)| {
        let idle_since = policy.idle_since(container, moments.as_ref()?, now)?;
        Some(StaleContainer { container: container.clone(), idle_since, size: None })
    });
    let containers: Vec<_> = stale.collect();
    let images = world.images.iter().filter_map(|image| {
        let mut image = image.clone();
        image.used_by.retain(|user| !containers.iter().any(|it| it.container.id == *user));
        unused(&image, policy)
    });
    let images = images.collect();
    let volumes = world.volumes.iter().filter(|volume| policy.is_stale(volume, now));
    let volumes = volumes.map(|it| UnusedVolume { name: it.name.clone(), size: it.size });
    GcPlan { volumes: volumes.collect(), images, containers }
}

fn unused(image: &StoredImage, policy: &GcPolicy) -> Option<UnusedImage> {
    let names = policy.names_to_take(image);
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

/// The sum, cut at what a [`ByteSize`] holds.
pub(super) fn total(sizes: impl Iterator<Item = ByteSize>) -> ByteSize {
    ByteSize::from_bytes(sizes.fold(0, |sum, size| size.bytes().saturating_add(sum)))
}

/// What is still as the plan had it.
pub(super) fn still_stale(
    stale: &StaleContainer,
    world: &GcWorld,
    now: Timestamp,
    policy: &GcPolicy,
) -> bool {
    let listed = world.containers.iter().find(|(it, _)| it.id == stale.container.id);
    listed.is_some_and(|(container, moments)| {
        moments.as_ref().is_some_and(|it| policy.idle_since(container, it, now).is_some())
    })
}

/// The volumes and images of a later look that are still to go.
pub(super) fn still_unused(
    image: &UnusedImage,
    images: &[StoredImage],
    policy: &GcPolicy,
) -> Vec<String> {
    let found = images.iter().find(|it| it.id == image.id);
    let names = found.map(|it| policy.names_to_take(it)).unwrap_or_default();
    let is_planned = |name: &&str| image.references.iter().any(|planned| planned == name);
    names.into_iter().filter(is_planned).map(str::to_owned).collect()
}

/// Whether a volume of a later look is still to go.
pub(super) fn is_still_stale(
    volume: &UnusedVolume,
    volumes: &[StoredVolume],
    now: Timestamp,
    policy: &GcPolicy,
) -> bool {
    volumes.iter().any(|it: &StoredVolume| it.name == volume.name && policy.is_stale(it, now))
}
