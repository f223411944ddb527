//! The steps of a replacement.

use super::port_migration::migration_spec;
use crate::engine::{
    Container, ContainerId, ContainerSpec, Engine, EngineError, Protection, ReplacedContainer,
    VolumeRecordUpdate,
};
use crate::lifecycle::{CommittedImage, Desired, DriveError, Event, EventListener, Observed};
use crate::naming::{ContainerName, HostPort, Hostname};
use crate::remote::Remote;

/// Commits the file system of the container to an image. The last start is read first, so
/// that a start in between invalidates the image.
pub(super) async fn commit<E: Engine>(
    engine: &E,
    observed: &mut Observed,
    old: &Container,
    events: &dyn EventListener,
) -> Result<(), EngineError> {
    let name = &old.name;
    events.on_event(Event::Stage(&format!(
        "port of {name} is in use by another program: moving it to a new port"
    )));
    let last_start = engine.last_start(&old.id).await?;
    let image = engine.commit(&old.id).await?;
    observed.committed = Some(CommittedImage { of: old.id.clone(), image, last_start });
    Ok(())
}

/// Creates the replacement while its port is reserved. A name in use is no error: the
/// next observation shows its holder.
pub(super) async fn create_replacement<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    observed: &mut Observed,
    old: &Container,
    name: &ContainerName,
) -> Result<(), DriveError> {
    let kept = observed.committed.as_ref().filter(|kept| kept.of == old.id);
    let Some(kept) = kept else { return Ok(()) };
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    match engine.create_replacement(&migration_spec(old, kept, name), reserved.port).await {
        Ok(id) if observed.created.as_ref() == Some(&old.id) => observed.created = Some(id),
        Ok(_) | Err(EngineError::NameTaken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Builds the specification of the container that recreates `old`: with the interim name,
/// but the host name derived from the final name.
pub(super) fn recreation_spec(
    desired: &Desired,
    observed: &Observed,
    old: &Container,
    name: &ContainerName,
    port: HostPort,
    last_start: String,
) -> ContainerSpec {
    let takes = ContainerName::parse(&old.name).unwrap_or_else(|_| desired.name.clone());
    let record = match desired.must_record_data_volume() {
        true => VolumeRecordUpdate::Replace,
        false => VolumeRecordUpdate::Keep,
    };
    ContainerSpec {
        hostname: Hostname::sanitize(takes.as_ref()),
        // The protection from garbage collection outlasts a recreation.
        protection: match old.labels.is_protected() {
            true => Protection::Protected,
            false => desired.options.protection,
        },
        replaces: Some(ReplacedContainer { id: old.id.clone(), last_start, name: takes, record }),
        ..desired.spec(observed, name, port)
    }
}

/// Creates the container that recreates another one. It may get the same port, because
/// the old container is stopped and is not started again.
pub(super) async fn recreate<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    observed: &mut Observed,
    old: &Container,
    name: &ContainerName,
    events: &dyn EventListener,
) -> Result<(), DriveError> {
    let last_start = engine.last_start(&old.id).await?;
    let reserved = observed.without(&old.id).reserved_ports();
    let reserved = remote.reserve_port(desired.ports, &reserved).await?;
    let spec = recreation_spec(desired, observed, old, name, reserved.port, last_start);
    match engine.create(&spec, events).await {
        Ok(id) => observed.created = Some(id),
        Err(EngineError::NameTaken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    observed.is_provisioned = false;
    Ok(())
}

/// Removes the replaced container. Its SSH configuration is removed first: afterwards its
/// port is unknown.
pub(super) async fn remove_replaced<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    old: &Container,
) -> Result<(), DriveError> {
    if let (Ok(name), Some(port)) = (ContainerName::parse(&old.name), old.labels.ssh_port()) {
        remote.unregister(&name, port).await?;
    }
    Ok(remove_container(engine, old).await?)
}

/// Removes a container; an ephemeral one together with its anonymous volumes.
pub(super) async fn remove_container<E: Engine>(
    engine: &E,
    old: &Container,
) -> Result<(), EngineError> {
    match old.labels.is_ephemeral() {
        true => engine.remove_with_anonymous_volumes(&old.id).await,
        false => engine.remove(&old.id).await,
    }
}

/// Starts the container. If its port is in use, a container that never ran is removed to
/// be created with another port: its file system is pristine and its volumes are kept.
/// Any other container is replaced.
pub(super) async fn start<E: Engine>(
    engine: &E,
    observed: &mut Observed,
    id: &ContainerId,
) -> Result<(), EngineError> {
    match engine.start(id).await {
        Err(EngineError::PortTaken { port }) => {
            observed.is_provisioned = false;
            observed.foreign_ports.extend(HostPort::new(port));
            let empty = observed.containers.iter().find(|it| it.id == *id && it.is_empty());
            if let Some(empty) = empty {
                return remove_container(engine, empty).await;
            }
            observed.port_conflict = Some(id.clone());
            Ok(())
        }
        outcome => outcome,
    }
}
