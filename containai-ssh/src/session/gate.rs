//! The handler of the server's requests: it checks the pinned key, and opens
//! only the allowed channels.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelOpenFailure};

use crate::forward::{Grants, Origin};

/// Handles the requests of the server.
pub(super) struct Gate {
    pinned: PublicKey,
    farewell: Farewell,
    grants: Grants,
}

/// The reason why a connection ended, if it has.
#[derive(Clone, Debug, Default)]
pub(super) struct Farewell(Arc<Mutex<Option<String>>>);

/// The reason why a connection was closed or failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum GateError {
    /// The server presented a key other than the pinned one.
    #[error("the server presented the key `{presented}`")]
    WrongKey { presented: String },
    #[error(transparent)]
    Library(#[from] russh::Error),
}

impl Gate {
    pub(super) fn new(pinned: PublicKey, farewell: Farewell, grants: Grants) -> Self {
        Self { pinned, farewell, grants }
    }
}

impl Farewell {
    pub(super) fn said(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, reason: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

/// Rejects a channel.
async fn refuse(reply: ChannelOpenHandle) -> Result<(), GateError> {
    reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
    Ok(())
}

/// By default the library accepts every channel that a server opens. The server
/// is as untrusted as the container, so all are rejected except the allowed
/// ones.
impl Handler for Gate {
    type Error = GateError;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, GateError> {
        let presented = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key,
            PublicKeyOrCertificate::Certificate(certificate) => {
                return Err(GateError::WrongKey { presented: certificate.algorithm().to_string() });
            }
        };
        if presented.key_data() == self.pinned.key_data() {
            return Ok(true);
        }
        Err(GateError::WrongKey { presented: presented.fingerprint(HashAlg::Sha256).to_string() })
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
    ) -> Result<(), GateError> {
        self.grants.open_way(&Origin::Tcp(address.to_owned(), port), channel, reply).await;
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), GateError> {
        self.grants.open_way(&Origin::Unix(path.to_owned()), channel, reply).await;
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), GateError> {
        self.grants.open_agent(channel, reply).await;
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), GateError> {
        refuse(reply).await
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
    ) -> Result<(), GateError> {
        refuse(reply).await
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), GateError> {
        refuse(reply).await
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), GateError> {
        refuse(reply).await
    }

    async fn disconnected(&mut self, reason: DisconnectReason<GateError>) -> Result<(), GateError> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                // The text is the server's.
                self.farewell.say(info.message.escape_debug().to_string());
                Ok(())
            }
            DisconnectReason::Error(error) => {
                self.farewell.say(error.to_string());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let samples = containai_core::samples!(GateError {
            WrongKey: [GateError::WrongKey { presented: "SHA256:other".to_owned() }],
            Library: [GateError::Library(russh::Error::Disconnect)],
        });
        insta::assert_snapshot!(containai_core::fake::worded(&samples));
    }
}
