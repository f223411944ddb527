//! From a running container to an open session.

use crate::engine::{Container, Engine, EngineError};
use crate::lifecycle::{DriveError, Either, Refusal, race};
use crate::naming::{ContainerName, HostPort};
use crate::remote::{HostKey, Remote, RemoteError};

/// How many console lines an error shows of a container that ended.
const LOG_LINES: usize = 20;

/// What a key pinned for the container's port is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pin {
    /// It was pinned for this container.
    Known,
    /// It may stem from an earlier container on the same port: this run
    /// started the container, so the engine is asked first.
    Stale,
}

/// Opens a session in a running container, and gives up as soon as the
/// container ends.
///
/// The host key is pinned from the engine before the first byte is trusted.
/// # Errors
///
/// [`EngineError::Ended`] with the console's last lines when the container
/// dies meanwhile, else what the engine or the remote answered.
pub async fn reach<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    container: &Container,
    pin: Pin,
) -> Result<R::Session, DriveError> {
    let refuse = || Refusal::NoPort { name: container.name.clone() };
    let port = container.labels.ssh_port().ok_or_else(refuse)?;
    let way = enter(engine, remote, container, port, pin);
    match race(way, engine.exited(&container.id)).await {
        Either::First(session) => session,
        Either::Second(status) => {
            let log = engine.log_tail(&container.id, LOG_LINES).await.unwrap_or_default();
            Err(EngineError::Ended { name: container.name.clone(), status: status?, log }.into())
        }
    }
}

async fn enter<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    container: &Container,
    port: HostPort,
    pin: Pin,
) -> Result<R::Session, DriveError> {
    let door = remote.knock(port).await?;
    let pinned = match pin {
        Pin::Known => remote.pinned(port).await?,
        Pin::Stale => None,
    };
    let key = match pinned {
        Some(key) => key,
        None => vouched(engine, container, port).await?,
    };
    introduce(remote, container, port, &key).await?;
    match remote.open(door, port).await {
        Err(RemoteError::HostKeyMismatch { .. }) => {}
        outcome => return Ok(outcome?),
    }
    // The container may have been replaced on the same port by hand. Only the
    // engine's word counts; when it repeats the pinned key, the second attempt
    // ends with the same mismatch.
    let key = vouched(engine, container, port).await?;
    introduce(remote, container, port, &key).await?;
    let door = remote.knock(port).await?;
    Ok(remote.open(door, port).await?)
}

/// The host key in the engine's words. sshd has spoken already, so the key exists.
async fn vouched<E: Engine>(
    engine: &E,
    container: &Container,
    port: HostPort,
) -> Result<HostKey, DriveError> {
    let key = engine.host_key(&container.id).await?;
    Ok(key.ok_or(RemoteError::NotPinned { port: port.get() })?)
}

async fn introduce<R: Remote>(
    remote: &R,
    container: &Container,
    port: HostPort,
    key: &HostKey,
) -> Result<(), DriveError> {
    let refuse = || Refusal::NotOurs { name: container.name.clone() };
    let name = ContainerName::parse(&container.name).map_err(|_| refuse())?;
    Ok(remote.introduce(&name, port, key).await?)
}
