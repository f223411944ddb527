//! A restore that somebody interrupted.
//!
//! The helper that unpacks an archive beside a volume's content is the only
//! mark of what it is at. Once it has ended it is removed; a helper that is
//! still there was interrupted, and started again it either goes on to its end
//! or takes everything back. No container starts on the volume before that.

use crate::engine::{Container, Engine, EngineError, RunState};
use crate::lifecycle::{DriveError, Observed, Refusal, Step};
use crate::naming::VolumeName;

impl Observed {
    /// The helper that gives a volume another content, at work or interrupted.
    pub fn restoring(&self, volume: &VolumeName) -> Option<&Container> {
        self.containers
            .iter()
            .find(|it| it.labels.is_managed() && it.labels.restores().as_ref() == Some(volume))
    }

    /// The helpers that have read a volume for somebody who did not stay.
    pub fn packed(&self, volume: &VolumeName) -> impl Iterator<Item = &Container> {
        let has_read = |it: &&Container| it.labels.packs().as_ref() == Some(volume);
        let has_ended = |it: &&Container| it.state == RunState::Exited && it.labels.is_managed();
        self.containers.iter().filter(has_ended).filter(has_read)
    }

    /// The doors to a volume: whoever has the turn to import is the only one who
    /// needs any.
    pub fn doors(&self, volume: &VolumeName) -> impl Iterator<Item = &Container> {
        let leads_there = |it: &&Container| it.labels.fills().as_ref() == Some(volume);
        let never_ran = |it: &&Container| it.state == RunState::Created && it.labels.is_managed();
        self.containers.iter().filter(never_ran).filter(leads_there)
    }
}

/// What to do about a restore of the volume of a container that is to start.
pub(super) fn decide_restore(observed: &Observed, container: &Container) -> Option<Step> {
    let helper = observed.restoring(&container.labels.data_volume()?)?;
    Some(match helper.state {
        RunState::Created | RunState::Exited => Step::FinishRestore { id: helper.id.clone() },
        RunState::Dead => Step::Refuse(Refusal::Dead { name: helper.name.clone() }),
        state => Step::Wait { name: helper.name.clone(), state },
    })
}

/// Brings an interrupted restore to its end, or takes it back. Whoever has begun
/// it is gone.
///
/// # Errors
///
/// [`Refusal::HalfRestored`] when the helper fails again; what the engine
/// answered.
pub async fn finish_restore<E: Engine>(engine: &E, helper: &Container) -> Result<(), DriveError> {
    match finish(engine, helper).await {
        // Somebody else has finished it.
        Err(DriveError::Engine(EngineError::NoSuchContainer { .. })) => Ok(()),
        outcome => outcome,
    }
}

async fn finish<E: Engine>(engine: &E, helper: &Container) -> Result<(), DriveError> {
    // Nobody feeds it any more: it takes back what it has unpacked, or brings it
    // to its end.
    if helper.state == RunState::Running {
        engine.exited(&helper.id).await?;
    }
    // One that never ran has done nothing. The engine may be about to start it
    // for somebody who is gone, and nothing is what it does then.
    if helper.state == RunState::Created {
        match engine.remove(&helper.id).await {
            Err(EngineError::Refused { status: 409, .. }) => {
                engine.exited(&helper.id).await?;
            }
            outcome => return Ok(outcome?),
        }
    }
    engine.start(&helper.id).await?;
    if engine.exited(&helper.id).await? != 0 {
        let volume = helper.labels.restores().map(|volume| volume.to_string());
        return Err(Refusal::HalfRestored {
            volume: volume.unwrap_or_default(),
            helper: helper.name.clone(),
        }
        .into());
    }
    Ok(engine.remove(&helper.id).await?)
}
