//! The only loop.

use super::road::{Road, forget};
use crate::engine::{Container, ContainerId, Engine, EngineError, Lifetime};
use crate::hint::{Advice, Hint};
use crate::lifecycle::{Desired, Event, Events, Observed, Refusal, Step, decide};
use crate::records::{NoRecords, RecordError, Records};
use crate::remote::{Remote, RemoteError};

/// How often the world may change under the drive before it gives up.
pub(super) const MAX_STEPS: usize = 32;

/// Why no session could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The way in failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What has to be remembered could not be.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There is no right step.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl DriveError {
    /// Whether a container that was listed as running may only have been on its
    /// way out: a command that was killed had asked the engine to stop it, or
    /// somebody else did. Nothing has been started inside then.
    #[must_use]
    pub fn may_be_closing(&self) -> bool {
        matches!(
            self,
            Self::Engine(EngineError::Ended { .. }) | Self::Remote(RemoteError::Connection { .. })
        )
    }
}

impl Advice for DriveError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) => error.exit_code(),
            Self::Remote(error) => error.exit_code(),
            Self::Record(error) => error.exit_code(),
            Self::Refused(refusal) => refusal.exit_code(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Engine(error) => error.hints(),
            Self::Remote(error) => error.hints(),
            Self::Record(error) => error.hints(),
            Self::Refused(refusal) => refusal.hints(),
        }
    }
}

/// A running container and a session in it.
#[derive(Debug)]
pub struct Reached<S> {
    /// The container as it was listed last.
    pub container: Container,
    /// The authenticated connection.
    pub session: S,
}

/// Takes steps until a session in the workspace's container is open.
///
/// The caller holds a lock on the workspace, so that two drives do not build
/// the same container at once; dropping the future stops between two steps.
///
/// # Errors
///
/// What the engine, the remote, the records or [`decide()`] answered; see
/// [`DriveError`].
pub async fn drive<E: Engine, R: Remote, N: Records>(
    engine: &E,
    remote: &R,
    records: &N,
    desired: &Desired,
    events: &dyn Events,
) -> Result<Reached<R::Session>, DriveError> {
    let road = Road::new(engine, remote, records, desired, events);
    let reached = follow(engine, road, desired, events, Observed::default()).await?;
    reached.ok_or_else(|| stuck(desired).into())
}

/// Takes the steps after the session of a container that was made for one, until
/// it is gone. For any other container there are none.
///
/// # Errors
///
/// What the engine or the remote answered; see [`DriveError`].
pub async fn depart<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    container: &Container,
    events: &dyn Events,
) -> Result<(), DriveError> {
    if desired.manner.lifetime != Lifetime::Session || !container.labels.is_ephemeral() {
        return Ok(());
    }
    let road = Road::new(engine, remote, &NoRecords, desired, events);
    let departing = Some(container.id.clone());
    let observed = Observed { departing, ..Observed::default() };
    follow(engine, road, desired, events, observed).await?;
    Ok(())
}

/// Takes the steps that give a container its place: the one before it goes, what
/// the workspace has is recorded, and the name becomes its own. Returns the
/// workspace's container as it is then; it is not started.
///
/// # Errors
///
/// As those of [`drive()`].
pub async fn install<E: Engine, R: Remote, N: Records>(
    engine: &E,
    remote: &R,
    records: &N,
    desired: &Desired,
    events: &dyn Events,
) -> Result<Option<Container>, DriveError> {
    let mut road = Road::new(engine, remote, records, desired, events);
    let mut observed = Observed::default();
    for _ in 0..MAX_STEPS {
        let containers = engine.containers().await?;
        observed = Observed { containers, ..observed };
        observed.last_start = match observed.pair(&desired.workspace) {
            Some(pair) => last_start(engine, &pair.old.id).await?,
            None => None,
        };
        let serving = observed.serving(&desired.workspace);
        let Some(container) = serving.first().map(|it| (*it).clone()) else { return Ok(None) };
        let step = decide(&observed, desired);
        let is_about_place = matches!(
            step,
            Step::Retire { .. }
                | Step::GiveUp { .. }
                | Step::Record { .. }
                | Step::RemoveVolumes { .. }
                | Step::Rename { .. }
                | Step::Wait { .. }
        );
        match step {
            Step::Refuse(refusal) => return Err(refusal.into()),
            _ if !is_about_place => return Ok(Some(container)),
            step => {
                events.event(Event::Step(&step));
                road.take(step, &mut observed).await?;
            }
        }
    }
    Err(stuck(desired).into())
}

/// The only loop. Ends with a session, or without one when nothing is left to
/// do.
async fn follow<E: Engine, R: Remote, N: Records>(
    engine: &E,
    mut road: Road<'_, E, R, N>,
    desired: &Desired,
    events: &dyn Events,
    mut observed: Observed,
) -> Result<Option<Reached<R::Session>>, DriveError> {
    for _ in 0..MAX_STEPS {
        observed = observe_again(engine, desired, observed).await?;
        let step = decide(&observed, desired);
        events.event(Event::Step(&step));
        if step == Step::Done {
            return Ok(None);
        }
        match road.take(step, &mut observed).await {
            Ok(None) => {}
            Ok(Some(reached)) => return Ok(Some(reached)),
            Err(DriveError::Engine(EngineError::NoSuchContainer { .. })) => {
                forget(engine, desired, &mut observed).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(stuck(desired).into())
}

fn stuck(desired: &Desired) -> Refusal {
    Refusal::Stuck { name: desired.name.to_string(), state: "changing".into() }
}

/// Looks at the engine once, for a plan or a status, at all that matters to one
/// workspace; the image counts only where no container serves it yet.
///
/// # Errors
///
/// What the engine answered.
pub async fn observe<E: Engine>(engine: &E, desired: &Desired) -> Result<Observed, EngineError> {
    observe_again(engine, desired, Observed::default()).await
}

/// Asks for the image only when a container has to be made, and only until it
/// is known.
async fn observe_again<E: Engine>(
    engine: &E,
    desired: &Desired,
    before: Observed,
) -> Result<Observed, EngineError> {
    let mut observed = Observed { containers: engine.containers().await?, ..before };
    observed.last_start = match observed.pair(&desired.workspace) {
        Some(pair) => last_start(engine, &pair.old.id).await?,
        None => None,
    };
    let serving = observed.serving(&desired.workspace);
    let is_to_be_made = serving.iter().all(|container| desired.dismisses(container));
    if observed.departing.is_some() || !is_to_be_made || observed.image.is_some() {
        return Ok(observed);
    }
    observed.image = engine.find_image(&desired.image).await?;
    if desired.manner.lifetime == Lifetime::Session {
        for volume in desired.own_volumes() {
            if engine.has_volume(&volume).await? {
                observed.volumes.insert(volume);
            }
        }
    }
    Ok(observed)
}

/// A container that goes away meanwhile is for the next look.
async fn last_start<E: Engine>(
    engine: &E,
    id: &ContainerId,
) -> Result<Option<String>, EngineError> {
    match engine.last_start(id).await {
        Ok(start) => Ok(Some(start)),
        Err(EngineError::NoSuchContainer { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fake, samples};

    #[test]
    fn what_a_person_reads() {
        let samples = samples!(DriveError {
            Engine: [DriveError::Engine(EngineError::NoSuchImage { image: "base".into() })],
            Remote: [DriveError::Remote(RemoteError::NotPinned { port: 2300 })],
            Record: [DriveError::Record(RecordError {
                workspace: "/src/api".into(),
                source: "read-only file system".into(),
            })],
            Refused: [DriveError::Refused(Refusal::NotOurs { name: "api-main".into() })],
        });
        insta::assert_snapshot!(fake::advised(&samples));
    }
}
