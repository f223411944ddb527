//! Pausing of the containers that write to a volume.

use crate::engine::{ContainerId, EngineError, RunState, Snapshots};

pub(super) async fn pause_all<S: Snapshots>(
    engine: &S,
    all: &[ContainerId],
) -> Result<(), EngineError> {
    for id in all {
        engine.pause(id).await?;
    }
    Ok(())
}

/// Unpauses the paused ones among them, even if one of them fails.
pub(super) async fn unpause_all<S: Snapshots>(
    engine: &S,
    all: &[ContainerId],
) -> Result<(), EngineError> {
    if all.is_empty() {
        return Ok(());
    }
    let mut outcome = Ok(());
    for container in engine.containers().await? {
        if all.contains(&container.id) && container.state == RunState::Paused {
            let unpaused = engine.unpause(&container.id).await;
            outcome = outcome.and(unpaused);
        }
    }
    outcome
}
