//! A container gets a successor, step by step.

use super::succession::succession;
use crate::engine::{
    Container, ContainerId, ContainerSpec, Engine, EngineError, Protection, Replaced, VolumeRecord,
};
use crate::lifecycle::{Desired, DriveError, Event, Events, Kept, Observed};
use crate::naming::{ContainerName, HostPort, Hostname};
use crate::remote::Remote;

/// Keeps the container's file system as an image. The last start is asked for
/// first: a start in between makes the image count for nothing.
pub(super) async fn keep<E: Engine>(
    engine: &E,
    observed: &mut Observed,
    old: &Container,
    events: &dyn Events,
) -> Result<(), EngineError> {
    let name = &old.name;
    events.event(Event::Stage(&format!(
        "another program has the port of {name}: moving it to a new one"
    )));
    let last_start = engine.last_start(&old.id).await?;
    let image = engine.keep(&old.id).await?;
    observed.kept = Some(Kept { of: old.id.clone(), image, last_start });
    Ok(())
}

/// Makes the successor while its port is kept from other processes. A name
/// that was taken meanwhile is no error: the next look shows by whom.
pub(super) async fn succeed<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    observed: &mut Observed,
    old: &Container,
    name: &ContainerName,
) -> Result<(), DriveError> {
    let kept = observed.kept.as_ref().filter(|kept| kept.of == old.id);
    let Some(kept) = kept else { return Ok(()) };
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    match engine.create_successor(&succession(old, kept, name), reserved.port).await {
        Ok(id) if observed.made.as_ref() == Some(&old.id) => observed.made = Some(id),
        Ok(_) | Err(EngineError::NameTaken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// What is made in the place of `old`: under the name for the meantime, but
/// with the name of the other one as its host's.
pub(super) fn replacement(
    desired: &Desired,
    observed: &Observed,
    old: &Container,
    name: &ContainerName,
    port: HostPort,
    last_start: String,
) -> ContainerSpec {
    let takes = ContainerName::parse(&old.name).unwrap_or_else(|_| desired.name.clone());
    let record = match desired.chooses_volume() {
        true => VolumeRecord::Replaced,
        false => VolumeRecord::Kept,
    };
    ContainerSpec {
        hostname: Hostname::sanitize(takes.as_ref()),
        // Whoever asked for it to be kept did not mean until it is made anew.
        protection: match old.labels.is_kept() {
            true => Protection::Kept,
            false => desired.manner.protection,
        },
        replaces: Some(Replaced { id: old.id.clone(), last_start, name: takes, record }),
        ..desired.spec(observed, name, port)
    }
}

/// Makes the container that comes in the place of another. It may have the
/// port of the other, which is stopped and will not be started again.
pub(super) async fn replace<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    desired: &Desired,
    observed: &mut Observed,
    old: &Container,
    name: &ContainerName,
) -> Result<(), DriveError> {
    let last_start = engine.last_start(&old.id).await?;
    let reserved = observed.without(&old.id).reserved_ports();
    let reserved = remote.reserve_port(desired.ports, &reserved).await?;
    let spec = replacement(desired, observed, old, name, reserved.port, last_start);
    match engine.create(&spec).await {
        Ok(id) => observed.made = Some(id),
        Err(EngineError::NameTaken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    observed.key_installed = false;
    Ok(())
}

/// Removes the container that has a successor. Its way in goes first: nobody
/// knows its port once it is gone.
pub(super) async fn retire<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    old: &Container,
) -> Result<(), DriveError> {
    if let (Ok(name), Some(port)) = (ContainerName::parse(&old.name), old.labels.ssh_port()) {
        remote.forget(&name, port).await?;
    }
    Ok(dispose(engine, old).await?)
}

/// Removes a container, and what was made for it alone.
pub(super) async fn dispose<E: Engine>(engine: &E, old: &Container) -> Result<(), EngineError> {
    match old.labels.is_ephemeral() {
        true => engine.discard(&old.id).await,
        false => engine.remove(&old.id).await,
    }
}

/// Starts the container. Where another process was quicker to take its port, a
/// container that never ran makes room for one with another port: nothing is
/// in it yet, and its volumes stay. Anything else moves.
pub(super) async fn start<E: Engine>(
    engine: &E,
    observed: &mut Observed,
    id: &ContainerId,
) -> Result<(), EngineError> {
    match engine.start(id).await {
        Err(EngineError::PortTaken { port }) => {
            observed.key_installed = false;
            observed.foreign_ports.extend(HostPort::new(port));
            let empty = observed.containers.iter().find(|it| it.id == *id && it.is_empty());
            if let Some(empty) = empty {
                return dispose(engine, empty).await;
            }
            observed.port_lost = Some(id.clone());
            Ok(())
        }
        outcome => outcome,
    }
}
