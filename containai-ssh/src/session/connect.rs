//! Connection and mutual authentication.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use containai_core::remote::{HostKey, Peer, RemoteError};
use russh::client::{Config, Handle, connect_stream};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey};
use russh::{Disconnect, Preferred, cipher, compression};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tracing::{Instrument as _, debug, debug_span};

use super::client_handler::{ClientHandler, ClientHandlerError, DisconnectMessage};
use super::pending_agent::PendingAgent;
use super::quickack::{QuickAck, QuickAckSwitch};
use crate::LOG_TARGET;
use crate::forward::AllowedChannels;
use crate::identity::SshIdentity;
use crate::transport::{Transport, TransportStream};

/// The timeout of the mutual authentication.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// The interval of keepalive requests on a silent connection, and the number of
/// unanswered ones.
const KEEPALIVE: (Duration, usize) = (Duration::from_secs(15), 3);

/// An authenticated connection to a container, or to another host.
///
/// Commands run on it in sequence. Dropping it closes the connection when its
/// runtime runs next; [`close`](Self::close) disconnects cleanly.
pub struct Session {
    pub(super) handle: Handle<ClientHandler>,
    pub(super) peer: Peer,
    pub(super) quick_ack: QuickAckSwitch,
    pub(super) pending_agent: PendingAgent,
    pub(crate) allowed_channels: AllowedChannels,
    disconnect_message: DisconnectMessage,
}

/// The peer to authenticate, and the credentials for it.
pub(crate) struct Login<'a> {
    pub(crate) peer: Peer,
    pub(crate) host_key: &'a HostKey,
    pub(crate) user: &'a str,
    pub(crate) identity: &'a SshIdentity,
}

impl Session {
    /// Authenticates both sides: the server by its pinned key, the client by
    /// its identity.
    pub(crate) async fn open(transport: Transport, login: Login<'_>) -> Result<Self, RemoteError> {
        let (peer, quick_ack) = (login.peer.clone(), QuickAckSwitch::new());
        let handshake = async {
            match transport.stream {
                TransportStream::Tcp(stream) => {
                    let stream = QuickAck::new(stream, quick_ack.clone());
                    Self::handshake(stream, quick_ack, login).await
                }
                TransportStream::Boxed(stream) => Self::handshake(stream, quick_ack, login).await,
            }
        };
        let (waited, late_peer) = (HANDSHAKE_TIMEOUT, peer.clone());
        let late = |_| RemoteError::HandshakeTimeout { peer: late_peer, waited };
        let span = debug_span!(target: LOG_TARGET, "connect", %peer);
        async {
            let opened = timeout(HANDSHAKE_TIMEOUT, handshake).await.map_err(late).flatten();
            match &opened {
                Ok(_) => debug!(target: LOG_TARGET, "authenticated"),
                Err(error) => debug!(target: LOG_TARGET, %error, "connection failed"),
            }
            opened
        }
        .instrument(span)
        .await
    }

    async fn handshake(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        quick_ack: QuickAckSwitch,
        Login { peer, host_key, user, identity }: Login<'_>,
    ) -> Result<Self, RemoteError> {
        let mut session = Self::connect(stream, quick_ack, peer, host_key).await?;
        match session.authenticate(user, identity).await? {
            true => Ok(session),
            false => Err(RemoteError::KeyRejected {
                peer: session.peer,
                identity: identity.path.clone(),
            }),
        }
    }

    async fn connect(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        quick_ack: QuickAckSwitch,
        peer: Peer,
        host_key: &HostKey,
    ) -> Result<Self, RemoteError> {
        let pinned = PublicKey::from_openssh(host_key.as_ref())
            .map_err(|error| connection_error(&peer, error))?;
        let fingerprint = pinned.fingerprint(HashAlg::Sha256).to_string();
        let disconnect_message = DisconnectMessage::default();
        let allowed_channels = AllowedChannels::default();
        let handler =
            ClientHandler::new(pinned, disconnect_message.clone(), allowed_channels.clone());
        let handle = connect_stream(Arc::new(config()), stream, handler).await;
        let handle = handle.map_err(|error| match error {
            ClientHandlerError::WrongKey { presented } => {
                let peer = peer.clone();
                RemoteError::HostKeyMismatch { peer, pinned: fingerprint, presented }
            }
            ClientHandlerError::Library(error) => connection_error(&peer, error),
        })?;
        Ok(Self {
            handle,
            peer,
            quick_ack,
            pending_agent: PendingAgent::default(),
            allowed_channels,
            disconnect_message,
        })
    }

    async fn authenticate(
        &mut self,
        user: &str,
        identity: &SshIdentity,
    ) -> Result<bool, RemoteError> {
        let key = PrivateKeyWithHashAlg::new(Arc::new(identity.pair.private_key().clone()), None);
        match self.handle.authenticate_publickey(user, key).await {
            Ok(result) => Ok(result.success()),
            Err(error) => Err(self.to_remote_error(error)),
        }
    }

    /// Whether the connection is open, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Starts a new key exchange (RFC 4253 §9). Commands continue meanwhile; it
    /// happens automatically after 1 GiB or an hour.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Connection`]: the connection failed.
    pub async fn rekey(&self) -> Result<(), RemoteError> {
        self.handle.rekey_soon().await.map_err(|error| self.to_remote_error(error))
    }

    /// Disconnects, and waits until the connection is closed.
    pub async fn close(self) {
        debug!(target: LOG_TARGET, peer = %self.peer, "closing");
        let sent = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
        if sent.is_ok() {
            // The result is irrelevant here.
            let _ = timeout(Duration::from_secs(1), self.handle).await;
        }
    }

    /// Converts an error of this connection. The server's reason for the
    /// disconnect is preferred over the library's error.
    pub(super) fn to_remote_error(&self, error: russh::Error) -> RemoteError {
        match self.disconnect_message.get() {
            Some(reason) => connection_error(&self.peer, reason),
            None => connection_error(&self.peer, error),
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("peer", &self.peer).finish_non_exhaustive()
    }
}

fn connection_error(
    peer: &Peer,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> RemoteError {
    RemoteError::Connection { peer: peer.clone(), source: source.into() }
}

/// AES-GCM first, because most CPUs have instructions for it; no compression,
/// because the connection is usually a loopback.
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
