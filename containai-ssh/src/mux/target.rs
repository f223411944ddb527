//! What a connection leads to.

use containai_core::engine::ContainerId;
use containai_core::naming::HostPort;
use containai_core::remote::HostKey;

use super::codec::{Fields, Malformed, Message};

/// What a connection leads to: this container of this engine, behind this port,
/// with this host key. A connection is lent for an equal target only.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Target {
    /// The engine's address.
    pub engine: String,
    /// The container, as the engine has just listed it.
    pub container: ContainerId,
    /// The port of 127.0.0.1 that it is published on.
    pub port: HostPort,
    /// The key that is pinned for the port.
    pub host_key: HostKey,
}

impl Target {
    pub(super) fn encode(&self, message: Message) -> Message {
        let message = message.text(&self.engine).text(self.container.as_ref());
        message.short(self.port.get()).text(self.host_key.as_ref())
    }

    pub(super) fn decode(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            engine: fields.text()?.to_owned(),
            container: ContainerId::new(fields.text()?),
            port: HostPort::new(fields.short()?).map_err(|_| Malformed)?,
            host_key: HostKey::parse(fields.text()?).map_err(|_| Malformed)?,
        })
    }
}
