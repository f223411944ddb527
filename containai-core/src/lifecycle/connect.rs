//! Connection to a running container.

use crate::engine::{Container, Engine, EngineError};
use crate::lifecycle::{DriveError, Either, Refusal, race};
use crate::naming::{ContainerName, HostPort};
use crate::remote::{HostKey, Remote, RemoteError};

/// The number of console lines in the error for an exited container.
const LOG_LINES: usize = 20;

/// A running container and a connection to it.
#[derive(Debug)]
pub struct Connected<S> {
    /// The container as last listed.
    pub container: Container,
    /// The authenticated connection.
    pub connection: S,
}

/// The validity of the host key that is pinned for the container's port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinnedKey {
    /// The key was pinned for this container.
    Valid,
    /// The key may belong to an earlier container on the same port: this run started the
    /// container, so the engine is asked for the key.
    MaybeStale,
}

/// Connects to a running container; fails as soon as the container exits.
///
/// The host key is obtained from the engine and pinned before the server is trusted.
///
/// # Errors
///
/// [`EngineError::ContainerExited`] with the last console lines if the container exits;
/// otherwise errors of the engine or the remote.
pub async fn connect<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    container: &Container,
    pin: PinnedKey,
) -> Result<R::Connection, DriveError> {
    let refuse = || Refusal::NoPort { name: container.name.clone() };
    let port = container.labels.ssh_port().ok_or_else(refuse)?;
    let connecting = authenticate(engine, remote, container, port, pin);
    match race(connecting, engine.wait_exit(&container.id)).await {
        Either::First(connected) => connected,
        Either::Second(status) => {
            let log = engine.log_tail(&container.id, LOG_LINES).await.unwrap_or_default();
            Err(EngineError::ContainerExited { name: container.name.clone(), status: status?, log }
                .into())
        }
    }
}

async fn authenticate<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    container: &Container,
    port: HostPort,
    pin: PinnedKey,
) -> Result<R::Connection, DriveError> {
    let transport = remote.wait_ready(port).await?;
    let pinned = match pin {
        PinnedKey::Valid => remote.pinned_host_key(port).await?,
        PinnedKey::MaybeStale => None,
    };
    let key = match pinned {
        Some(key) => key,
        None => host_key_from_engine(engine, container, port).await?,
    };
    register(remote, container, port, &key).await?;
    match log_in(engine, remote, container, port, transport).await {
        Err(DriveError::Remote(RemoteError::HostKeyMismatch { .. })) => {}
        outcome => return outcome,
    }
    // The container may have been replaced on the same port by hand. Only the key
    // reported by the engine is trusted; if it equals the pinned one, the second attempt
    // fails with the same mismatch.
    let key = host_key_from_engine(engine, container, port).await?;
    register(remote, container, port, &key).await?;
    let transport = remote.wait_ready(port).await?;
    log_in(engine, remote, container, port, transport).await
}

/// Authenticates both sides. A container that was started with the key of another home
/// directory gets this one's as well.
async fn log_in<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    container: &Container,
    port: HostPort,
    transport: R::Transport,
) -> Result<R::Connection, DriveError> {
    match remote.authenticate(transport, port).await {
        Err(RemoteError::KeyRejected { .. }) => {}
        outcome => return Ok(outcome?),
    }
    engine.authorize(&container.id, &remote.authorized_key().await?).await?;
    let transport = remote.wait_ready(port).await?;
    Ok(remote.authenticate(transport, port).await?)
}

/// Returns the host key from the engine. The key exists, because sshd has answered.
async fn host_key_from_engine<E: Engine>(
    engine: &E,
    container: &Container,
    port: HostPort,
) -> Result<HostKey, DriveError> {
    let key = engine.host_key(&container.id).await?;
    Ok(key.ok_or(RemoteError::NotPinned { port: port.get() })?)
}

async fn register<R: Remote>(
    remote: &R,
    container: &Container,
    port: HostPort,
    key: &HostKey,
) -> Result<(), DriveError> {
    let refuse = || Refusal::NotManaged { name: container.name.clone() };
    let name = ContainerName::parse(&container.name).map_err(|_| refuse())?;
    Ok(remote.register(&name, port, key).await?)
}
