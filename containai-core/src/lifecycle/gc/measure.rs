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
    for idle in &mut plan.containers {
        idle.size = match engine.size(&idle.container.id).await {
            Err(EngineError::NoSuchContainer { .. }) => None,
            size => size?,
        };
    }
    Ok(())
}
