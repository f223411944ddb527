//! Connection to a running container.

use crate::engine::{Container, Engine, EngineError};
use crate::lifecycle::{DriveError, Either, Refusal, race};
use crate::naming::{ContainerName, HostPort};
use crate::remote::{HostKey, Remote, RemoteError};

/// The number of console lines in the error for an exited container.
const LOG_LINES: usize = 20;

/// The validity of the host key that is pinned for the container's port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pin {
    /// The key was pinned for this container.
    Known,
    /// The key may belong to an earlier container on the same port: this run started the
    /// container, so the engine is asked for the key.
    Stale,
}

/// Connects to a running container; fails as soon as the container exits.
///
/// The host key is obtained from the engine and pinned before the server is trusted.
///
/// # Errors
///
/// [`EngineError::ContainerExited`] with the last console lines if the container exits;
/// otherwise errors of the engine or the remote.
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
    // The container may have been replaced on the same port by hand. Only the key
    // reported by the engine is trusted; if it equals the pinned one, the second attempt
    // fails with the same mismatch.
    let key = vouched(engine, container, port).await?;
    introduce(remote, container, port, &key).await?;
    let door = remote.knock(port).await?;
    Ok(remote.open(door, port).await?)
}

/// Returns the host key from the engine. The key exists, because sshd has answered.
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
