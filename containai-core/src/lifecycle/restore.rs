//! Recovery of an interrupted restore.
//!
//! The helper container that unpacks an archive next to the content of a volume is the
//! only record of a restore. It is removed when it has finished. A leftover helper was
//! interrupted; started again, it either finishes or rolls back. No container is started
//! on the volume before that.

use crate::engine::{Container, Engine, EngineError, RunState};
use crate::lifecycle::{DriveError, Observed, Refusal, Step};
use crate::naming::VolumeName;

impl Observed {
    /// Returns the helper that restores the volume, running or interrupted.
    pub fn restore_helper(&self, volume: &VolumeName) -> Option<&Container> {
        self.containers.iter().find(|it| {
            it.labels.is_managed() && it.labels.restored_volume().as_ref() == Some(volume)
        })
    }

    /// Returns the exited helpers of interrupted exports of the volume.
    pub fn leftover_export_helpers(&self, volume: &VolumeName) -> impl Iterator<Item = &Container> {
        let has_read = |it: &&Container| it.labels.packed_volume().as_ref() == Some(volume);
        let has_ended = |it: &&Container| it.state == RunState::Exited && it.labels.is_managed();
        self.containers.iter().filter(has_ended).filter(has_read)
    }

    /// Returns the leftover import helpers of the volume. The caller holds the lock for
    /// imports, so that no other process uses them.
    pub fn leftover_import_helpers(&self, volume: &VolumeName) -> impl Iterator<Item = &Container> {
        let leads_there = |it: &&Container| it.labels.filled_volume().as_ref() == Some(volume);
        let never_ran = |it: &&Container| it.state == RunState::Created && it.labels.is_managed();
        self.containers.iter().filter(never_ran).filter(leads_there)
    }
}

/// Returns the step for a restore of the volume of a container that is to be started.
pub(super) fn decide_restore(observed: &Observed, container: &Container) -> Option<Step> {
    let helper = observed.restore_helper(&container.labels.data_volume()?)?;
    Some(match helper.state {
        RunState::Created | RunState::Exited => Step::FinishRestore { id: helper.id.clone() },
        RunState::Dead => Step::Refuse(Refusal::Dead { name: helper.name.clone() }),
        state => Step::Wait { name: helper.name.clone(), state },
    })
}

/// Finishes or rolls back an interrupted restore. The process that began it must have
/// ended.
///
/// # Errors
///
/// [`Refusal::RestoreIncomplete`] if the helper fails again; errors of the engine.
pub async fn finish_restore<E: Engine>(engine: &E, helper: &Container) -> Result<(), DriveError> {
    match run_helper_to_end(engine, helper).await {
        // Another process has finished it.
        Err(DriveError::Engine(EngineError::NoSuchContainer { .. })) => Ok(()),
        outcome => outcome,
    }
}

async fn run_helper_to_end<E: Engine>(engine: &E, helper: &Container) -> Result<(), DriveError> {
    // Without input, the helper rolls back or finishes.
    if helper.state == RunState::Running {
        engine.wait_exit(&helper.id).await?;
    }
    // A helper that never ran has changed nothing. If the engine is just starting it for
    // an ended process, it exits without a change.
    if helper.state == RunState::Created {
        match engine.remove(&helper.id).await {
            Err(EngineError::Refused { status: 409, .. }) => {
                engine.wait_exit(&helper.id).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
    engine.start(&helper.id).await?;
    if engine.wait_exit(&helper.id).await? != 0 {
        let volume = helper.labels.restored_volume().map(|volume| volume.to_string());
        return Err(Refusal::RestoreIncomplete {
            volume: volume.unwrap_or_default(),
            helper: helper.name.clone(),
        }
        .into());
    }
    Ok(engine.remove(&helper.id).await?)
}
