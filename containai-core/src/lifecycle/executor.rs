//! Execution of the steps.

use super::replacement_steps;
use super::restore::finish_restore;
use crate::engine::{Container, ContainerId, Engine, EngineError};
use crate::lifecycle::{
    Connected, Desired, DriveError, Event, Observed, PinnedKey, Step, StepListener, connect,
};
use crate::naming::{ContainerName, VolumeName};
use crate::remote::Remote;
use crate::workspace_store::WorkspaceStore;

/// The context of the steps.
pub(super) struct StepExecutor<'a, E, R, N> {
    engine: &'a E,
    remote: &'a R,
    store: &'a N,
    desired: &'a Desired,
    events: &'a dyn StepListener,
    pinned_key: PinnedKey,
    retry: ConnectRetry,
}

/// Whether a failed connection to a running container may be retried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ConnectRetry {
    /// The container may have been stopping.
    Available,
    /// The container was observed again, or this run has started it.
    Spent,
}

impl<'a, E: Engine, R: Remote, N: WorkspaceStore> StepExecutor<'a, E, R, N> {
    pub(super) fn new(
        engine: &'a E,
        remote: &'a R,
        store: &'a N,
        desired: &'a Desired,
        events: &'a dyn StepListener,
    ) -> Self {
        Self {
            engine,
            remote,
            store,
            desired,
            events,
            pinned_key: PinnedKey::Valid,
            retry: ConnectRetry::Available,
        }
    }

    /// Executes a step; the last one returns a connection.
    pub(super) async fn run(
        &mut self,
        step: Step,
        observed: &mut Observed,
    ) -> Result<Option<Connected<R::Connection>>, DriveError> {
        let Self { engine, remote, desired, .. } = *self;
        match step {
            Step::EnsureImage => {
                let (image, source) = (&desired.image, desired.image_source);
                observed.image = Some(engine.ensure_image(image, source, self.events).await?);
            }
            Step::Create { name } => {
                create(engine, remote, desired, observed, &name, self.events).await?;
            }
            Step::FinishRestore { id } => finish_restore(engine, &find(observed, &id)?).await?,
            Step::Provision { id } => {
                engine.provision(&id, &remote.authorized_key().await?).await?;
                observed.is_provisioned = true;
            }
            Step::Start { id } => {
                replacement_steps::start(engine, observed, &id).await?;
                self.pinned_key = PinnedKey::MaybeStale;
                self.retry = ConnectRetry::Spent;
            }
            Step::Unpause { id } => engine.unpause(&id).await?,
            Step::Commit { id } => {
                let old = find(observed, &id)?;
                replacement_steps::commit(engine, observed, &old, self.events).await?;
            }
            Step::CreateReplacement { of, name } => {
                let old = find(observed, &of)?;
                replacement_steps::create_replacement(
                    engine, remote, desired, observed, &old, &name,
                )
                .await?;
            }
            Step::RecordDataVolume { volume } => {
                self.store.set_data_volume(&desired.workspace, &volume).await?;
                observed.is_volume_recorded = true;
            }
            Step::RemoveVolumes { volumes } => {
                remove_volumes(engine, &volumes).await?;
                observed.are_replaced_volumes_removed = true;
            }
            Step::Stop { id } => {
                self.check_store_writable().await?;
                let container = find(observed, &id)?;
                let name = &container.name;
                let stage = if desired.options.recreate.as_ref() == Some(&id) {
                    format!("stopping {name}")
                } else {
                    observed.stopped_without_port = Some(id.clone());
                    format!("restarting {name}: another program took its port")
                };
                self.events.on_event(Event::Stage(&stage));
                engine.stop(&id).await?;
            }
            Step::Recreate { of, name } => {
                self.check_store_writable().await?;
                let old = find(observed, &of)?;
                replacement_steps::recreate(
                    engine,
                    remote,
                    desired,
                    observed,
                    &old,
                    &name,
                    self.events,
                )
                .await?;
            }
            Step::RemoveEphemeral { id } | Step::RemoveReplaced { id } => {
                replacement_steps::remove_replaced(engine, remote, &find(observed, &id)?).await?;
            }
            Step::Rename { id, name } => rename(engine, &id, &name).await?,
            Step::RemoveReplacement { id } => engine.remove(&id).await?,
            Step::Wait { name, state } => engine.wait_transition(&name, state).await?,
            Step::Connect { id } => {
                let container = find(observed, &id)?;
                match connect(engine, remote, &container, self.pinned_key).await {
                    Err(error)
                        if self.retry == ConnectRetry::Available && error.may_be_stopping() =>
                    {
                        self.retry = ConnectRetry::Spent;
                        engine.wait_transition(&container.name, container.state).await?;
                    }
                    Err(error) => return Err(error),
                    Ok(session) => return Ok(Some(Connected { container, connection: session })),
                }
            }
            Step::Done => {}
            Step::Refuse(refusal) => return Err(refusal.into()),
        }
        Ok(None)
    }

    /// Fails before a change if the selected volume cannot be recorded.
    async fn check_store_writable(&self) -> Result<(), DriveError> {
        if self.desired.must_record_data_volume() {
            self.store.check_writable(&self.desired.workspace).await?;
        }
        Ok(())
    }
}

/// Waits until a removed container is no longer listed: the engine rolls back the
/// creation by an interrupted run, or the container was removed by hand.
pub(super) async fn wait_until_unlisted<E: Engine>(
    engine: &E,
    desired: &Desired,
    observed: &mut Observed,
) -> Result<(), EngineError> {
    observed.is_provisioned = false;
    for container in observed.serving(&desired.workspace) {
        engine.wait_transition(&container.name, container.state).await?;
    }
    Ok(())
}

/// Creates the container while its port is reserved. A name in use is no error: the next
/// observation shows its holder.
async fn create<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    observed: &mut Observed,
    name: &ContainerName,
    events: &dyn StepListener,
) -> Result<(), DriveError> {
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    match engine.create(&desired.spec(observed, name, reserved.port), events).await {
        Ok(id) => observed.created = Some(id),
        Err(EngineError::NameTaken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Volumes that the engine refuses to remove are left to garbage collection; they must
/// not block the session.
async fn remove_volumes<E: Engine>(engine: &E, volumes: &[VolumeName]) -> Result<(), EngineError> {
    for volume in volumes {
        match engine.remove_volume(volume.as_ref()).await {
            Ok(()) | Err(EngineError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A name in use is no error: the next observation leads to another one.
async fn rename<E: Engine>(
    engine: &E,
    id: &ContainerId,
    name: &ContainerName,
) -> Result<(), EngineError> {
    match engine.rename(id, name).await {
        Err(EngineError::NameTaken { .. }) => Ok(()),
        outcome => outcome,
    }
}

fn find(observed: &Observed, id: &ContainerId) -> Result<Container, EngineError> {
    let found = observed.containers.iter().find(|container| container.id == *id);
    found.cloned().ok_or_else(|| EngineError::NoSuchContainer { id: id.to_string() })
}
