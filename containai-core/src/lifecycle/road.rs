//! Execution of the steps.

use super::replace;
use super::restore::finish_restore;
use crate::engine::{Container, ContainerId, Engine, EngineError};
use crate::lifecycle::{Desired, DriveError, Event, Events, Observed, Pin, Reached, Step, reach};
use crate::naming::{ContainerName, VolumeName};
use crate::records::Records;
use crate::remote::Remote;

/// The context of the steps.
pub(super) struct Road<'a, E, R, N> {
    engine: &'a E,
    remote: &'a R,
    records: &'a N,
    desired: &'a Desired,
    events: &'a dyn Events,
    pin: Pin,
    looks: Looks,
}

/// Whether a failed connection to a running container may be retried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Looks {
    /// The container may have been stopping.
    Another,
    /// The container was observed again, or this run has started it.
    Last,
}

impl<'a, E: Engine, R: Remote, N: Records> Road<'a, E, R, N> {
    pub(super) fn new(
        engine: &'a E,
        remote: &'a R,
        records: &'a N,
        desired: &'a Desired,
        events: &'a dyn Events,
    ) -> Self {
        Self { engine, remote, records, desired, events, pin: Pin::Known, looks: Looks::Another }
    }

    /// Executes a step; the last one returns a connection.
    pub(super) async fn take(
        &mut self,
        step: Step,
        observed: &mut Observed,
    ) -> Result<Option<Reached<R::Session>>, DriveError> {
        let Self { engine, remote, desired, .. } = *self;
        match step {
            Step::ProvideImage => {
                let (image, source) = (&desired.image, desired.image_source);
                observed.image = Some(engine.provide_image(image, source, self.events).await?);
            }
            Step::Create { name } => create(engine, remote, desired, observed, &name).await?,
            Step::FinishRestore { id } => finish_restore(engine, &find(observed, &id)?).await?,
            Step::InstallKey { id } => {
                engine.install_key(&id, &remote.authorized_key().await?).await?;
                observed.key_installed = true;
            }
            Step::Start { id } => {
                replace::start(engine, observed, &id).await?;
                self.pin = Pin::Stale;
                self.looks = Looks::Last;
            }
            Step::Unpause { id } => engine.unpause(&id).await?,
            Step::Keep { id } => {
                let old = find(observed, &id)?;
                replace::keep(engine, observed, &old, self.events).await?;
            }
            Step::Succeed { of, name } => {
                let old = find(observed, &of)?;
                replace::succeed(engine, remote, desired, observed, &old, &name).await?;
            }
            Step::Record { volume } => {
                self.records.record_volume(&desired.workspace, &volume).await?;
                observed.volume_recorded = true;
            }
            Step::RemoveVolumes { volumes } => {
                remove_volumes(engine, &volumes).await?;
                observed.volumes_removed = true;
            }
            Step::Stop { id } => {
                self.check_records().await?;
                let container = find(observed, &id)?;
                self.events.event(Event::Stage(&format!("stopping {}", container.name)));
                engine.stop(&id).await?;
            }
            Step::Replace { of, name } => {
                self.check_records().await?;
                let old = find(observed, &of)?;
                replace::replace(engine, remote, desired, observed, &old, &name).await?;
            }
            Step::Discard { id } | Step::Retire { id } => {
                replace::retire(engine, remote, &find(observed, &id)?).await?;
            }
            Step::Rename { id, name } => rename(engine, &id, &name).await?,
            Step::GiveUp { id } => engine.remove(&id).await?,
            Step::Wait { name, state } => engine.settle(&name, state).await?,
            Step::Reach { id } => {
                let container = find(observed, &id)?;
                match reach(engine, remote, &container, self.pin).await {
                    Err(error) if self.looks == Looks::Another && error.may_be_closing() => {
                        self.looks = Looks::Last;
                        engine.settle(&container.name, container.state).await?;
                    }
                    Err(error) => return Err(error),
                    Ok(session) => return Ok(Some(Reached { container, session })),
                }
            }
            Step::Done => {}
            Step::Refuse(refusal) => return Err(refusal.into()),
        }
        Ok(None)
    }

    /// Fails before a change if the selected volume cannot be recorded.
    async fn check_records(&self) -> Result<(), DriveError> {
        if self.desired.chooses_volume() {
            self.records.check(&self.desired.workspace).await?;
        }
        Ok(())
    }
}

/// Waits until a removed container is no longer listed: the engine rolls back the
/// creation by an interrupted run, or the container was removed by hand.
pub(super) async fn forget<E: Engine>(
    engine: &E,
    desired: &Desired,
    observed: &mut Observed,
) -> Result<(), EngineError> {
    observed.key_installed = false;
    for container in observed.serving(&desired.workspace) {
        engine.settle(&container.name, container.state).await?;
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
) -> Result<(), DriveError> {
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    match engine.create(&desired.spec(observed, name, reserved.port)).await {
        Ok(id) => observed.made = Some(id),
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
