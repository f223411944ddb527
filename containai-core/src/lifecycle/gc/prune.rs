//! Removal of unused objects.

use super::inventory::GcInventory;
use super::plan::{
    GcPlan, IdleContainer, UnusedImage, UnusedVolume, is_still_idle, is_still_unused,
    still_unused_references, sum_sizes,
};
use super::policy::GcPolicy;
use crate::byte_size::ByteSize;
use crate::engine::{EngineError, Storage};
use crate::lifecycle::DriveError;
use crate::naming::ContainerName;
use crate::remote::Remote;
use crate::timestamp::Timestamp;

/// An item of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PruneItem {
    /// A container, by name.
    Container(String),
    /// An image, by its first reference.
    Image(String),
    /// A volume, by name.
    Volume(String),
}

/// The result for an item.
#[derive(Debug)]
pub enum PruneOutcome {
    /// Removed. The freed space; `None` if unknown.
    Removed(Option<ByteSize>),
    /// Kept, because it is used since the plan was made.
    InUse,
    /// Not removed because of an error.
    Failed(DriveError),
}

/// The results of a garbage collection.
#[derive(Debug, Default)]
pub struct PruneReport {
    /// The results, in the order of the plan.
    pub outcomes: Vec<(PruneItem, PruneOutcome)>,
}

impl PruneReport {
    /// Returns the freed space, as far as it is known.
    #[must_use]
    pub fn freed(&self) -> ByteSize {
        sum_sizes(self.outcomes.iter().filter_map(|(_, outcome)| match outcome {
            PruneOutcome::Removed(size) => *size,
            PruneOutcome::InUse | PruneOutcome::Failed(_) => None,
        }))
    }

    /// Returns whether an item could not be removed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| matches!(outcome, PruneOutcome::Failed(_)))
    }
}

/// Removes the items of the plan that are still unused. A failure does not stop the
/// others. `now` is the time of the plan.
pub async fn prune<S: Storage, R: Remote>(
    engine: &S,
    remote: &R,
    plan: &GcPlan,
    now: Timestamp,
    policy: &GcPolicy,
) -> PruneReport {
    let mut report = PruneReport::default();
    for idle in &plan.containers {
        let outcome = prune_container(engine, remote, idle, now, policy).await;
        report.push(PruneItem::Container(idle.container.name.clone()), outcome);
    }
    for image in &plan.images {
        let name = image.references.first().cloned().unwrap_or_default();
        report.push(PruneItem::Image(name), prune_image(engine, image, policy).await);
    }
    for volume in &plan.volumes {
        let outcome = prune_volume(engine, volume, now, policy).await;
        report.push(PruneItem::Volume(volume.name.clone()), outcome);
    }
    report
}

impl PruneReport {
    fn push(&mut self, litter: PruneItem, outcome: Result<PruneOutcome, DriveError>) {
        let outcome = match outcome {
            // The engine has the final decision.
            Err(DriveError::Engine(EngineError::Refused { status: 409, .. })) => {
                PruneOutcome::InUse
            }
            outcome => outcome.unwrap_or_else(PruneOutcome::Failed),
        };
        self.outcomes.push((litter, outcome));
    }
}

/// The SSH configuration is removed first: the port of a removed container is unknown.
async fn prune_container<S: Storage, R: Remote>(
    engine: &S,
    remote: &R,
    idle: &IdleContainer,
    now: Timestamp,
    policy: &GcPolicy,
) -> Result<PruneOutcome, DriveError> {
    let old = &idle.container;
    let mut containers = engine.containers().await?;
    containers.retain(|container| container.id == old.id);
    let Some(container) = containers.pop() else { return Ok(PruneOutcome::Removed(None)) };
    let times = match engine.container_times(&old.id).await {
        Err(EngineError::NoSuchContainer { .. }) => return Ok(PruneOutcome::Removed(None)),
        times => Some(times?),
    };
    let inventory = GcInventory { containers: vec![(container, times)], ..GcInventory::default() };
    if !is_still_idle(idle, &inventory, now, policy) {
        return Ok(PruneOutcome::InUse);
    }
    if let (Ok(name), Some(port)) = (ContainerName::parse(&old.name), old.labels.ssh_port()) {
        remote.unregister(&name, port).await?;
    }
    engine.remove(&old.id).await?;
    Ok(PruneOutcome::Removed(idle.size))
}

async fn prune_image<S: Storage>(
    engine: &S,
    image: &UnusedImage,
    policy: &GcPolicy,
) -> Result<PruneOutcome, DriveError> {
    let names = still_unused_references(image, &engine.images().await?, policy);
    for name in &names {
        engine.remove_image(name).await?;
    }
    Ok(match names.is_empty() {
        true => PruneOutcome::InUse,
        false => PruneOutcome::Removed(Some(image.size)),
    })
}

async fn prune_volume<S: Storage>(
    engine: &S,
    volume: &UnusedVolume,
    now: Timestamp,
    policy: &GcPolicy,
) -> Result<PruneOutcome, DriveError> {
    if !is_still_unused(volume, &engine.volumes().await?, now, policy) {
        return Ok(PruneOutcome::InUse);
    }
    engine.remove_volume(&volume.name).await?;
    Ok(PruneOutcome::Removed(volume.size))
}
