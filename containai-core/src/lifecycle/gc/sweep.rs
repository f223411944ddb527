//! Removal of unused objects.

use super::plan::{
    GcPlan, StaleContainer, UnusedImage, UnusedVolume, is_still_stale, still_stale, still_unused,
    total,
};
use super::policy::GcPolicy;
use super::world::GcWorld;
use crate::byte_size::ByteSize;
use crate::engine::{EngineError, Storage};
use crate::lifecycle::DriveError;
use crate::naming::ContainerName;
use crate::remote::Remote;
use crate::timestamp::Timestamp;

/// An item of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Litter {
    /// A container, by name.
    Container(String),
    /// An image, by its first reference.
    Image(String),
    /// A volume, by name.
    Volume(String),
}

/// The result for an item.
#[derive(Debug)]
pub enum Outcome {
    /// Removed. The freed space; `None` if unknown.
    Freed(Option<ByteSize>),
    /// Kept, because it is used since the plan was made.
    Spared,
    /// Not removed because of an error.
    Failed(DriveError),
}

/// The results of a garbage collection.
#[derive(Debug, Default)]
pub struct Swept {
    /// The results, in the order of the plan.
    pub outcomes: Vec<(Litter, Outcome)>,
}

impl Swept {
    /// Returns the freed space, as far as it is known.
    #[must_use]
    pub fn freed(&self) -> ByteSize {
        total(self.outcomes.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Freed(size) => *size,
            Outcome::Spared | Outcome::Failed(_) => None,
        }))
    }

    /// Returns whether an item could not be removed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
    }
}

/// Removes the items of the plan that are still unused. A failure does not stop the
/// others. `now` is the time of the plan.
pub async fn sweep<S: Storage, R: Remote>(
    engine: &S,
    remote: &R,
    plan: &GcPlan,
    now: Timestamp,
    policy: &GcPolicy,
) -> Swept {
    let mut swept = Swept::default();
    for stale in &plan.containers {
        let outcome = sweep_container(engine, remote, stale, now, policy).await;
        swept.note(Litter::Container(stale.container.name.clone()), outcome);
    }
    for image in &plan.images {
        let name = image.references.first().cloned().unwrap_or_default();
        swept.note(Litter::Image(name), sweep_image(engine, image, policy).await);
    }
    for volume in &plan.volumes {
        let outcome = sweep_volume(engine, volume, now, policy).await;
        swept.note(Litter::Volume(volume.name.clone()), outcome);
    }
    swept
}

impl Swept {
    fn note(&mut self, litter: Litter, outcome: Result<Outcome, DriveError>) {
        let outcome = match outcome {
            // The engine has the final decision.
            Err(DriveError::Engine(EngineError::Refused { status: 409, .. })) => Outcome::Spared,
            outcome => outcome.unwrap_or_else(Outcome::Failed),
        };
        self.outcomes.push((litter, outcome));
    }
}

/// The SSH configuration is removed first: the port of a removed container is unknown.
async fn sweep_container<S: Storage, R: Remote>(
    engine: &S,
    remote: &R,
    stale: &StaleContainer,
    now: Timestamp,
    policy: &GcPolicy,
) -> Result<Outcome, DriveError> {
    let old = &stale.container;
    let mut containers = engine.containers().await?;
    containers.retain(|container| container.id == old.id);
    let Some(container) = containers.pop() else { return Ok(Outcome::Freed(None)) };
    let moments = match engine.moments(&old.id).await {
        Err(EngineError::NoSuchContainer { .. }) => return Ok(Outcome::Freed(None)),
        moments => Some(moments?),
    };
    let world = GcWorld { containers: vec![(container, moments)], ..GcWorld::default() };
    if !still_stale(stale, &world, now, policy) {
        return Ok(Outcome::Spared);
    }
    if let (Ok(name), Some(port)) = (ContainerName::parse(&old.name), old.labels.ssh_port()) {
        remote.forget(&name, port).await?;
    }
    engine.remove(&old.id).await?;
    Ok(Outcome::Freed(stale.size))
}

async fn sweep_image<S: Storage>(
    engine: &S,
    image: &UnusedImage,
    policy: &GcPolicy,
) -> Result<Outcome, DriveError> {
    let names = still_unused(image, &engine.images().await?, policy);
    for name in &names {
        engine.remove_image(name).await?;
    }
    Ok(match names.is_empty() {
        true => Outcome::Spared,
        false => Outcome::Freed(Some(image.size)),
    })
}

async fn sweep_volume<S: Storage>(
    engine: &S,
    volume: &UnusedVolume,
    now: Timestamp,
    policy: &GcPolicy,
) -> Result<Outcome, DriveError> {
    if !is_still_stale(volume, &engine.volumes().await?, now, policy) {
        return Ok(Outcome::Spared);
    }
    engine.remove_volume(&volume.name).await?;
    Ok(Outcome::Freed(volume.size))
}
