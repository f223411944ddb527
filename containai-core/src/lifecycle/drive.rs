//! The control loop.

use super::executor::{StepExecutor, wait_until_unlisted};
use crate::engine::{Container, ContainerId, Engine, EngineError, Lifetime};
use crate::lifecycle::{
    Connected, Desired, DriveError, Observed, Refusal, Step, StepListener, decide,
};
use crate::remote::Remote;
use crate::workspace_store::{NoWorkspaceStore, WorkspaceStore};

/// The maximum number of steps before the loop gives up.
pub(super) const MAX_STEPS: usize = 32;

/// Takes steps until a connection to the workspace's container is open.
///
/// The caller holds the lock of the workspace, so that two runs do not create the same
/// container. Dropping the future stops between two steps.
///
/// # Errors
///
/// See [`DriveError`].
pub async fn drive<E: Engine, R: Remote, N: WorkspaceStore>(
    engine: &E,
    remote: &R,
    records: &N,
    desired: &Desired,
    events: &dyn StepListener,
) -> Result<Connected<R::Connection>, DriveError> {
    let executor = StepExecutor::new(engine, remote, records, desired, events);
    let connected = run_steps(engine, executor, desired, events, Observed::default()).await?;
    connected.ok_or_else(|| changed_too_often(desired).into())
}

/// Removes an ephemeral container after its session. Other containers are left unchanged.
///
/// # Errors
///
/// See [`DriveError`].
pub async fn teardown_ephemeral<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    container: &Container,
    events: &dyn StepListener,
) -> Result<(), DriveError> {
    if desired.options.lifetime != Lifetime::Session || !container.labels.is_ephemeral() {
        return Ok(());
    }
    let executor = StepExecutor::new(engine, remote, &NoWorkspaceStore, desired, events);
    let departing = Some(container.id.clone());
    let observed = Observed { ending: departing, ..Observed::default() };
    run_steps(engine, executor, desired, events, observed).await?;
    Ok(())
}

/// Finishes a pending replacement: removes the old container, records the data volume,
/// and gives the replacement its final name. Returns the container of the workspace,
/// without starting it.
///
/// # Errors
///
/// As [`drive()`].
pub async fn finish_replacement<E: Engine, R: Remote, N: WorkspaceStore>(
    engine: &E,
    remote: &R,
    records: &N,
    desired: &Desired,
    events: &dyn StepListener,
) -> Result<Option<Container>, DriveError> {
    let mut executor = StepExecutor::new(engine, remote, records, desired, events);
    let mut observed = Observed::default();
    for _ in 0..MAX_STEPS {
        let containers = engine.containers().await?;
        observed = Observed { containers, ..observed };
        observed.last_start = match observed.pending_replacement(&desired.workspace) {
            Some(pair) => last_start(engine, &pair.old.id).await?,
            None => None,
        };
        let serving = observed.serving(&desired.workspace);
        let Some(container) = serving.first().map(|it| (*it).clone()) else { return Ok(None) };
        let step = decide(&observed, desired);
        let is_about_place = matches!(
            step,
            Step::RemoveReplaced { .. }
                | Step::RemoveReplacement { .. }
                | Step::RecordDataVolume { .. }
                | Step::RemoveVolumes { .. }
                | Step::Rename { .. }
                | Step::Wait { .. }
        );
        match step {
            Step::Refuse(refusal) => return Err(refusal.into()),
            _ if !is_about_place => return Ok(Some(container)),
            step => {
                events.on_step(&step);
                executor.run(step, &mut observed).await?;
            }
        }
    }
    Err(changed_too_often(desired).into())
}

/// The only loop. Returns a connection, or `None` when nothing is left to do.
async fn run_steps<E: Engine, R: Remote, N: WorkspaceStore>(
    engine: &E,
    mut executor: StepExecutor<'_, E, R, N>,
    desired: &Desired,
    events: &dyn StepListener,
    mut observed: Observed,
) -> Result<Option<Connected<R::Connection>>, DriveError> {
    for _ in 0..MAX_STEPS {
        observed = refresh(engine, desired, observed).await?;
        let step = decide(&observed, desired);
        events.on_step(&step);
        if step == Step::Done {
            return Ok(None);
        }
        match executor.run(step, &mut observed).await {
            Ok(None) => {}
            Ok(Some(connected)) => return Ok(Some(connected)),
            Err(DriveError::Engine(EngineError::NoSuchContainer { .. })) => {
                wait_until_unlisted(engine, desired, &mut observed).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(changed_too_often(desired).into())
}

fn changed_too_often(desired: &Desired) -> Refusal {
    Refusal::Stuck { name: desired.name.to_string(), state: "changing".into() }
}

/// Observes the engine once, for a plan or a status. The image is looked up only if no
/// container serves the workspace.
///
/// # Errors
///
/// Errors of the engine.
pub async fn observe<E: Engine>(engine: &E, desired: &Desired) -> Result<Observed, EngineError> {
    refresh(engine, desired, Observed::default()).await
}

/// Completes an observation from a list of all containers of the engine, without listing
/// them again. The image is looked up only if no container serves the workspace.
///
/// # Errors
///
/// Errors of the engine.
pub async fn observe_listed<E: Engine>(
    engine: &E,
    desired: &Desired,
    containers: Vec<Container>,
) -> Result<Observed, EngineError> {
    complete(engine, desired, Observed { containers, ..Observed::default() }).await
}

async fn refresh<E: Engine>(
    engine: &E,
    desired: &Desired,
    before: Observed,
) -> Result<Observed, EngineError> {
    let listed = Observed { containers: engine.containers().await?, ..before };
    complete(engine, desired, listed).await
}

/// Looks up the image only if a container has to be created, and only until the image is
/// known.
async fn complete<E: Engine>(
    engine: &E,
    desired: &Desired,
    mut observed: Observed,
) -> Result<Observed, EngineError> {
    observed.last_start = match observed.pending_replacement(&desired.workspace) {
        Some(pair) => last_start(engine, &pair.old.id).await?,
        None => None,
    };
    let serving = observed.serving(&desired.workspace);
    let is_to_be_made = serving.iter().all(|container| desired.replaces(container));
    if observed.ending.is_some() || !is_to_be_made || observed.image.is_some() {
        return Ok(observed);
    }
    observed.image = engine.find_image(&desired.image).await?;
    if desired.options.lifetime == Lifetime::Session {
        for volume in desired.default_volumes() {
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
