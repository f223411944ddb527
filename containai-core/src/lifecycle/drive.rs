//! The only loop.

use super::road::{Road, forget};
use crate::engine::{Container, ContainerId, Engine, EngineError, ImageRequest};
use crate::hint::{Advice, Hint};
use crate::lifecycle::{Desired, Event, Events, Observed, Refusal, decide};
use crate::naming::WorkspacePath;
use crate::remote::{Remote, RemoteError};

/// How often the world may change under the drive before it gives up.
const MAX_STEPS: usize = 32;

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
    /// There is no right step.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Advice for DriveError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) => error.exit_code(),
            Self::Remote(error) => error.exit_code(),
            Self::Refused(refusal) => refusal.exit_code(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Engine(error) => error.hints(),
            Self::Remote(error) => error.hints(),
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
/// What the engine, the remote or [`decide()`] answered; see [`DriveError`].
pub async fn drive<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    events: &dyn Events,
) -> Result<Reached<R::Session>, DriveError> {
    let mut road = Road::new(engine, remote, desired, events);
    let mut observed = Observed::default();
    for _ in 0..MAX_STEPS {
        observed = observe_again(engine, &desired.workspace, &desired.image, observed).await?;
        let step = decide(&observed, desired);
        events.event(Event::Step(&step));
        match road.take(step, &mut observed).await {
            Ok(None) => {}
            Ok(Some(reached)) => return Ok(reached),
            Err(DriveError::Engine(EngineError::NoSuchContainer { .. })) => {
                forget(engine, desired, &mut observed).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(Refusal::Stuck { name: desired.name.to_string(), state: "changing".into() }.into())
}

/// Looks at the engine once, for a plan or a status, at all that matters to one
/// workspace; the image counts only where no container serves it yet.
///
/// # Errors
///
/// What the engine answered.
pub async fn observe<E: Engine>(
    engine: &E,
    workspace: &WorkspacePath,
    image: &ImageRequest,
) -> Result<Observed, EngineError> {
    observe_again(engine, workspace, image, Observed::default()).await
}

/// Asks for the image only when a container has to be made, and only until it
/// is known.
async fn observe_again<E: Engine>(
    engine: &E,
    workspace: &WorkspacePath,
    image: &ImageRequest,
    before: Observed,
) -> Result<Observed, EngineError> {
    let mut observed = Observed { containers: engine.containers().await?, ..before };
    observed.last_start = match observed.pair(workspace) {
        Some(pair) => last_start(engine, &pair.old.id).await?,
        None => None,
    };
    if observed.image.is_none() && observed.serving(workspace).is_empty() {
        observed.image = engine.find_image(image).await?;
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
