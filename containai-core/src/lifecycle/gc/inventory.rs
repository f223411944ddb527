//! The inventory for a garbage collection.

use super::plan::GcPlan;
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
    let mut world = GcInventory::default();
    for container in engine.containers().await? {
        let may_go = is_candidate(&container) && engine.owns(&container.labels);
        let moments = if may_go { container_timestamps(engine, &container).await? } else { None };
        world.containers.push((container, moments));
    }
    if policy.images == GcScope::Unused {
        world.images = engine.images().await?;
    }
    if policy.volumes == GcScope::Unused {
        world.volumes = engine.volumes().await?;
    }
    Ok(world)
}

/// Measures the containers of a plan. A container that is removed meanwhile has no size.
///
/// # Errors
///
/// Errors of the engine.
pub async fn measure_containers<S: Storage>(
    engine: &S,
    plan: &mut GcPlan,
) -> Result<(), EngineError> {
    for stale in &mut plan.containers {
        stale.size = match engine.size(&stale.container.id).await {
            Err(EngineError::NoSuchContainer { .. }) => None,
            size => size?,
        };
    }
    Ok(())
}

async fn container_timestamps<S: Storage>(
    engine: &S,
    container: &Container,
) -> Result<Option<ContainerTimes>, EngineError> {
    match engine.container_times(&container.id).await {
        Ok(moments) => Ok(Some(moments)),
        Err(EngineError::NoSuchContainer { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
