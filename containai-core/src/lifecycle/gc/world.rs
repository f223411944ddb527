//! What the engine keeps, as far as it has to be known.

use super::plan::GcPlan;
use super::policy::{GcPolicy, Scope, is_candidate};
use crate::engine::{Container, EngineError, Moments, Storage, StoredImage, StoredVolume};

/// What the engine keeps.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GcWorld {
    /// Containers of any owner and state, and when those that may be swept up
    /// last ran.
    pub containers: Vec<(Container, Option<Moments>)>,
    /// Images of any owner.
    pub images: Vec<StoredImage>,
    /// Volumes.
    pub volumes: Vec<StoredVolume>,
}

/// Gathers what the policy has to know.
///
/// # Errors
///
/// What the engine answered. A container that goes away meanwhile is no error.
pub async fn look<S: Storage>(engine: &S, policy: &GcPolicy) -> Result<GcWorld, EngineError> {
    let mut world = GcWorld::default();
    for container in engine.containers().await? {
        let may_go = is_candidate(&container) && engine.shows(&container.labels);
        let moments = if may_go { moments(engine, &container).await? } else { None };
        world.containers.push((container, moments));
    }
    if policy.images == Scope::Unused {
        world.images = engine.images().await?;
    }
    if policy.volumes == Scope::Unused {
        world.volumes = engine.volumes().await?;
    }
    Ok(world)
}

/// Asks the engine what the containers of a plan take; one that has gone
/// meanwhile takes nothing.
///
/// # Errors
///
/// What the engine answered.
pub async fn measure<S: Storage>(engine: &S, plan: &mut GcPlan) -> Result<(), EngineError> {
    for stale in &mut plan.containers {
        stale.size = match engine.size(&stale.container.id).await {
            Err(EngineError::NoSuchContainer { .. }) => None,
            size => size?,
        };
    }
    Ok(())
}

async fn moments<S: Storage>(
    engine: &S,
    container: &Container,
) -> Result<Option<Moments>, EngineError> {
    match engine.moments(&container.id).await {
        Ok(moments) => Ok(Some(moments)),
        Err(EngineError::NoSuchContainer { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
