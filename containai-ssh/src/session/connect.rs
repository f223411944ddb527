//! Authentication of both sides.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use containai_core::naming::HostPort;
use containai_core::remote::{HostKey, RemoteError};
use russh::client::{Config, Handle, connect_stream};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey};
use russh::{Disconnect, Preferred, cipher, compression};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::agent_loan::AgentLoan;
use super::gate::{Farewell, Gate, GateError};
use super::quickack::{Haste, QuickAck};
use crate::door::{Door, Way};
use crate::forward::Grants;
use crate::key::KeyPair;

/// How long both sides may take to authenticate each other.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// After how long a silence the server is asked whether it lives, and how
/// often it may stay silent.
const KEEPALIVE: (Duration, usize) = (Duration::from_secs(15), 3);

/// An authenticated connection to a container.
///
/// Commands run on it one after another. Dropping it closes the connection as
/// soon as its runtime runs again; [`close`](Self::close) does so politely.
pub struct Session {
    pub(super) handle: Handle<Gate>,
    pub(super) port: HostPort,
    pub(super) haste: Haste,
    pub(super) agent: AgentLoan,
    pub(crate) grants: Grants,
    farewell: Farewell,
}

impl Session {
    /// Authenticates both sides: the server by the pinned key, us by ours.
    pub(crate) async fn open(
        door: Door,
        port: HostPort,
        host_key: &HostKey,
        user: &str,
        identity: KeyPair,
        identity_path: PathBuf,
    ) -> Result<Self, RemoteError> {
        let handshake = async {
            let haste = Haste::new();
            let mut session = match door.way {
                Way::Socket(stream) => {
                    let stream = QuickAck::new(stream, haste.clone());
                    Self::connect(stream, haste, port, host_key).await?
                }
                Way::Other(stream) => Self::connect(stream, haste, port, host_key).await?,
            };
            match session.authenticate(user, identity).await? {
                true => Ok(session),
                false => Err(RemoteError::Denied { port: port.get(), identity: identity_path }),
            }
        };
        let late = |_| failed(port, "the handshake took too long");
        timeout(HANDSHAKE, handshake).await.map_err(late)?
    }

    async fn connect(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        haste: Haste,
        port: HostPort,
        host_key: &HostKey,
    ) -> Result<Self, RemoteError> {
        let pinned = PublicKey::from_openssh(host_key.as_ref())
            .map_err(|_| RemoteError::NotPinned { port: port.get() })?;
        let fingerprint = pinned.fingerprint(HashAlg::Sha256).to_string();
        let farewell = Farewell::default();
        let grants = Grants::default();
        let gate = Gate::new(pinned, farewell.clone(), grants.clone());
        let handle = connect_stream(Arc::new(config()), stream, gate).await;
        let handle = handle.map_err(|error| match error {
            GateError::WrongKey { presented } => {
                RemoteError::HostKeyMismatch { port: port.get(), pinned: fingerprint, presented }
            }
            GateError::Library(error) => failed(port, error),
        })?;
        Ok(Self { handle, port, haste, agent: AgentLoan::default(), grants, farewell })
    }

    async fn authenticate(&mut self, user: &str, identity: KeyPair) -> Result<bool, RemoteError> {
        let key = PrivateKeyWithHashAlg::new(Arc::new(identity.into_private()), None);
        match self.handle.authenticate_publickey(user, key).await {
            Ok(result) => Ok(result.success()),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Whether the connection stands, as far as we have heard.
    pub(crate) fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Says goodbye and waits until the connection is closed.
    pub async fn close(self) {
        let goodbye = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
        if goodbye.is_ok() {
            // How it ends does not matter any more.
            let _ = timeout(Duration::from_secs(1), self.handle).await;
        }
    }

    /// An error of this connection; the reason why the connection ended says
    /// more than that it has.
    pub(super) fn failure(&self, error: russh::Error) -> RemoteError {
        match self.farewell.said() {
            Some(reason) => failed(self.port, reason),
            None => failed(self.port, error),
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("port", &self.port).finish_non_exhaustive()
    }
}

fn failed(
    port: HostPort,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RemoteError {
    RemoteError::Connection { port: port.get(), source: source.into() }
}

/// AES-GCM first, because the CPUs that this runs on have instructions for it;
/// no compression, because the way is a loopback.
fn config() -> Config {
    let (keepalive_interval, keepalive_max) = KEEPALIVE;
    Config {
        preferred: Preferred {
            key: Cow::Borrowed(&[Algorithm::Ed25519]),
            cipher: Cow::Borrowed(&[
                cipher::AES_128_GCM,
                cipher::AES_256_GCM,
                cipher::CHACHA20_POLY1305,
            ]),
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::DEFAULT
        },
        keepalive_interval: Some(keepalive_interval),
        keepalive_max,
        nodelay: true,
        ..Config::default()
    }
}
