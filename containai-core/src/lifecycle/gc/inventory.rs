//! The inventory for a garbage collection.

use super::policy::{GcPolicy, GcScope, is_candidate};
use crate::engine::{Container, ContainerTimes, EngineError, Storage, StoredImage, StoredVolume};

/// The containers, images and volumes of the engine.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GcInventory {
    /// All containers, each with its times if it is a candidate for removal.
    pub containers: Vec<(Container, Option<ContainerTimes>)>,
    /// All images.
    pub images: Vec<StoredImage>,
    /// All volumes.
    pub volumes: Vec<StoredVolume>,
}

/// Collects the objects that the policy covers.
///
/// # Errors
///
/// Errors of the engine. A container that is removed meanwhile is no error.
pub async fn take_inventory<S: Storage>(
    engine: &S,
    policy: &GcPolicy,
) -> Result<GcInventory, EngineError> {
    let mut inventory = GcInventory::default();
    for container in engine.containers().await? {
        let may_go = is_candidate(&container) && engine.owns(&container.labels);
        let times = if may_go { container_timestamps(engine, &container).await? } else { None };
        inventory.containers.push((container, times));
    }
    if policy.images == GcScope::Unused {
        inventory.images = engine.images().await?;
    }
    if policy.volumes == GcScope::Unused {
        inventory.volumes = engine.volumes().await?;
    }
    Ok(inventory)
}

async fn container_timestamps<S: Storage>(
    engine: &S,
    container: &Container,
) -> Result<Option<ContainerTimes>, EngineError> {
    match engine.container_times(&container.id).await {
        Ok(times) => Ok(Some(times)),
        Err(EngineError::NoSuchContainer { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
