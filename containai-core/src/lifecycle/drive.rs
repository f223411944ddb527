//! The only loop.

use crate::engine::{Container, ContainerId, Engine, EngineError, RunState};
use crate::hint::{Advice, Hint};
use crate::lifecycle::{Desired, Event, Events, Observed, Pin, Refusal, Step, decide, reach};
use crate::naming::ContainerName;
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
    let mut observed = Observed::default();
    let mut pin = Pin::Known;
    for _ in 0..MAX_STEPS {
        observed = observe_again(engine, desired, observed).await?;
        let step = decide(&observed, desired);
        events.event(Event::Step(&step));
        match step {
            Step::ProvideImage => {
                let image =
                    engine.provide_image(&desired.image, desired.image_source, events).await?;
                observed.image = Some(image);
            }
            Step::Create { name } => create(engine, remote, desired, &observed, &name).await?,
            Step::InstallKey { id } => {
                engine.install_key(&id, &remote.authorized_key().await?).await?;
                observed.key_installed = true;
            }
            Step::Start { id } => {
                start(engine, &mut observed, &id).await?;
                pin = Pin::Stale;
            }
            Step::Unpause { id } => engine.unpause(&id).await?,
            Step::Wait { name, state } => engine.settle(&name, state).await?,
            Step::Reach { id } => {
                let container = take(observed, |container| container.id == id)?;
                let session = reach(engine, remote, &container, pin).await?;
                return Ok(Reached { container, session });
            }
            Step::Refuse(refusal) => return Err(refusal.into()),
        }
    }
    Err(Refusal::Stuck { name: desired.name.to_string(), state: "changing".into() }.into())
}

/// Looks at the engine once, for a plan or a status.
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
    if observed.image.is_none() && observed.serving(&desired.workspace).is_empty() {
        observed.image = engine.find_image(&desired.image).await?;
    }
    Ok(observed)
}

/// Makes the container while its port is kept from other processes. A name
/// that was taken meanwhile is no error: the next look shows by whom.
async fn create<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    observed: &Observed,
    name: &ContainerName,
) -> Result<(), DriveError> {
    let image = observed.image.as_deref().unwrap_or_default();
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    match engine.create(&desired.spec(name, image, reserved.port)).await {
        Ok(_) | Err(EngineError::NameTaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Starts the container. Where another process was quicker to take its port, a
/// container that never ran makes room for one with another port: nothing is
/// in it yet, and its volumes stay.
async fn start<E: Engine>(
    engine: &E,
    observed: &mut Observed,
    id: &ContainerId,
) -> Result<(), EngineError> {
    let never_ran =
        |container: &Container| container.id == *id && container.state == RunState::Created;
    match engine.start(id).await {
        Err(EngineError::PortTaken { .. }) if observed.containers.iter().any(never_ran) => {
            observed.key_installed = false;
            engine.remove(id).await
        }
        outcome => outcome,
    }
}

fn take(
    observed: Observed,
    matches: impl Fn(&Container) -> bool,
) -> Result<Container, EngineError> {
    observed
        .containers
        .into_iter()
        .find(matches)
        .ok_or(EngineError::NoSuchContainer { id: String::new() })
}
