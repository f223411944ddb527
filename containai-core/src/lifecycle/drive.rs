//! The control loop.

use super::road::{Road, forget};
use crate::engine::{Container, ContainerId, Engine, EngineError, Lifetime};
use crate::hint::{Advice, Hint};
use crate::lifecycle::{Desired, Event, Events, Observed, Refusal, Step, decide};
use crate::records::{NoRecords, RecordError, Records};
use crate::remote::{Remote, RemoteError};

/// The maximum number of steps before the loop gives up.
pub(super) const MAX_STEPS: usize = 32;

/// A failure to reach the desired state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The SSH connection failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The workspace store failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// No step is allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl DriveError {
    /// Returns whether the container may just be stopping although it was listed as
    /// running, for example after a stop requested by an interrupted command. No command
    /// has been started in it.
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

/// A running container and a connection to it.
#[derive(Debug)]
pub struct Reached<S> {
    /// The container as last listed.
    pub container: Container,
    /// The authenticated connection.
    pub session: S,
}

/// Takes steps until a connection to the workspace's container is open.
///
/// The caller holds the lock of the workspace, so that two runs do not create the same
/// container. Dropping the future stops between two steps.
///
/// # Errors
///
/// See [`DriveError`].
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

/// Removes an ephemeral container after its session. Other containers are left unchanged.
///
/// # Errors
///
/// See [`DriveError`].
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

/// Finishes a pending replacement: removes the old container, records the data volume,
/// and gives the replacement its final name. Returns the container of the workspace,
/// without starting it.
///
/// # Errors
///
/// As [`drive()`].
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

/// The only loop. Returns a connection, or `None` when nothing is left to do.
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

/// Observes the engine once, for a plan or a status. The image is looked up only if no
/// container serves the workspace.
///
/// # Errors
///
/// Errors of the engine.
pub async fn observe<E: Engine>(engine: &E, desired: &Desired) -> Result<Observed, EngineError> {
    observe_again(engine, desired, Observed::default()).await
}

/// Looks up the image only if a container has to be created, and only until the image is
/// known.
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

/// Returns `None` if the container was removed meanwhile; the next observation shows it.
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
