//! The target of a connection.

use containai_core::engine::ContainerId;
use containai_core::naming::HostPort;
use containai_core::remote::HostKey;

use super::codec::{MalformedMessage, MessageReader, MessageWriter};
use crate::proxy::{ProxyKind, ProxyRoute};

/// The target of a connection: a container of an engine, its port and its host
/// key. A connection is leased for an equal target only.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Target {
    /// The engine's address.
    pub engine: String,
    /// The container, as just listed by the engine.
    pub container: ContainerId,
    /// The published port on the loopback interface of the engine's machine.
    pub port: HostPort,
    /// The key that is pinned for the port.
    pub host_key: HostKey,
    /// The route to the port; `None` if it is on this machine.
    pub proxy: Option<ProxyRoute>,
}

impl Target {
    /// Returns the target of a port on this machine.
    #[must_use]
    pub fn new(
        engine: impl Into<String>,
        container: ContainerId,
        port: HostPort,
        host_key: HostKey,
    ) -> Self {
        Self { engine: engine.into(), container, port, host_key, proxy: None }
    }

    pub(super) fn encode(&self, message: MessageWriter) -> MessageWriter {
        let message = message.text(&self.engine).text(self.container.as_ref());
        let message = message.short(self.port.get()).text(self.host_key.as_ref());
        encode_proxy(self.proxy.as_ref(), message)
    }

    pub(super) fn decode(fields: &mut MessageReader<'_>) -> Result<Self, MalformedMessage> {
        Ok(Self {
            engine: fields.text()?.to_owned(),
            container: ContainerId::new(fields.text()?),
            port: HostPort::new(fields.short()?).map_err(|_| MalformedMessage)?,
            host_key: HostKey::parse(fields.text()?).map_err(|_| MalformedMessage)?,
            proxy: decode_proxy(fields)?,
        })
    }
}

/// Writes the kind of proxy, then its words. A jump has three: user, host and
/// port, empty if unset.
fn encode_proxy(route: Option<&ProxyRoute>, message: MessageWriter) -> MessageWriter {
    let Some(ProxyRoute { engine, kind }) = route else { return message.byte(0) };
    let (kind, words) = match kind {
        ProxyKind::Jump { user, host, port } => {
            let port = port.map(|port| port.to_string()).unwrap_or_default();
            (1, vec![user.clone().unwrap_or_default(), host.clone(), port])
        }
        ProxyKind::Command(words) => (2, words.clone()),
    };
    let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
    let message = message.byte(kind).text(engine).short(count);
    words.iter().take(count.into()).fold(message, |message, word| message.text(word))
}

fn decode_proxy(fields: &mut MessageReader<'_>) -> Result<Option<ProxyRoute>, MalformedMessage> {
    let kind = fields.byte()?;
    if kind == 0 {
        return Ok(None);
    }
    let engine = fields.text()?.to_owned();
    let count = fields.short()?;
    let words = (0..count).map(|_| Ok(fields.text()?.to_owned()));
    let words = words.collect::<Result<Vec<_>, MalformedMessage>>()?;
    let kind = match (kind, words.as_slice()) {
        (1, [user, host, port]) => ProxyKind::Jump {
            user: Some(user.clone()).filter(|user| !user.is_empty()),
            host: host.clone(),
            port: match port.as_str() {
                "" => None,
                port => Some(port.parse().map_err(|_| MalformedMessage)?),
            },
        },
        (2, [_, ..]) => ProxyKind::Command(words),
        _ => return Err(MalformedMessage),
    };
    Ok(Some(ProxyRoute { engine, kind }))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvD4Rr1dHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";

    pub(in crate::mux) fn target(container: &str) -> Target {
        Target {
            engine: "unix:///x".to_owned(),
            container: ContainerId::new(container),
            port: HostPort::new(2300).expect("a port"),
            host_key: HostKey::parse(KEY).expect("a key"),
            proxy: None,
        }
    }
}
