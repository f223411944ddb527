//! The handler of the server's requests: it checks the pinned key, and opens
//! only the allowed channels.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelOpenFailure};

use crate::forward::{AllowedChannels, RemoteListenAddress};

/// Handles the requests of the server.
pub(super) struct ClientHandler {
    pinned: PublicKey,
    disconnect_message: DisconnectMessage,
    allowed_channels: AllowedChannels,
}

/// The reason why a connection ended, if it has.
#[derive(Clone, Debug, Default)]
pub(super) struct DisconnectMessage(Arc<Mutex<Option<String>>>);

/// The reason why a connection was closed or failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientHandlerError {
    /// The server presented a key other than the pinned one.
    #[error("the server presented the key `{presented}`")]
    WrongKey { presented: String },
    #[error(transparent)]
    Library(#[from] russh::Error),
}

impl ClientHandler {
    pub(super) fn new(
        pinned: PublicKey,
        disconnect_message: DisconnectMessage,
        allowed_channels: AllowedChannels,
    ) -> Self {
        Self { pinned, disconnect_message, allowed_channels }
    }
}

impl DisconnectMessage {
    pub(super) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, reason: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

/// Rejects a channel.
async fn reject(reply: ChannelOpenHandle) -> Result<(), ClientHandlerError> {
    reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
    Ok(())
}

/// By default the library accepts every channel that a server opens. The server
/// is as untrusted as the container, so all are rejected except the allowed
/// ones.
impl Handler for ClientHandler {
    type Error = ClientHandlerError;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, ClientHandlerError> {
        let presented = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key,
            PublicKeyOrCertificate::Certificate(certificate) => {
                return Err(ClientHandlerError::WrongKey {
                    presented: certificate.algorithm().to_string(),
                });
            }
        };
        if presented.key_data() == self.pinned.key_data() {
            return Ok(true);
        }
        Err(ClientHandlerError::WrongKey {
            presented: presented.fingerprint(HashAlg::Sha256).to_string(),
        })
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        address: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        self.allowed_channels
            .open_forward(&RemoteListenAddress::Tcp(address.to_owned(), port), channel, reply)
            .await;
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        self.allowed_channels
            .open_forward(&RemoteListenAddress::Unix(path.to_owned()), channel, reply)
            .await;
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        self.allowed_channels.open_agent(channel, reply).await;
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        reject(reply).await
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        reject(reply).await
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        reject(reply).await
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), ClientHandlerError> {
        reject(reply).await
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<ClientHandlerError>,
    ) -> Result<(), ClientHandlerError> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                // The text is the server's.
                self.disconnect_message.set(info.message.escape_debug().to_string());
                Ok(())
            }
            DisconnectReason::Error(error) => {
                self.disconnect_message.set(error.to_string());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_messages() {
        let samples = containai_core::samples!(ClientHandlerError {
            WrongKey: [ClientHandlerError::WrongKey { presented: "SHA256:other".to_owned() }],
            Library: [ClientHandlerError::Library(russh::Error::Disconnect)],
        });
        insta::assert_snapshot!(containai_core::testing::render_errors(&samples));
    }
}
