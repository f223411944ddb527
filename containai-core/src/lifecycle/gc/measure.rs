use super::plan::GcPlan;
use crate::engine::{EngineError, Storage};

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
