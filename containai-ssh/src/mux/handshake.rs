//! The first message of a client.

use super::codec::{MalformedMessage, MessageReader, MessageWriter};
use super::target::Target;

/// Incremented with every change of a message, except for the header of
/// [`MuxRequest`], which never changes.
const PROTOCOL_VERSION: u32 = 3;
/// The start of every request.
const MAGIC: &[u8] = b"containai-mux";
/// The maximum size of a request, in bytes.
pub(super) const MAX_REQUEST_LEN: usize = 16 * 1024;

/// The first message of a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum MuxRequest {
    /// Lease a connection for a command; its target is recorded under the cache
    /// key.
    Lease { target: Target, cache_key: String },
    /// Prepare a connection for the next client.
    Prewarm { target: Target },
    /// Lease a connection to the last target of the cache key, for a command
    /// that may follow.
    Prefetch { cache_key: String },
}

/// A decoded request.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Handshake {
    /// From a client of the same version.
    Request(MuxRequest),
    /// From a client of another version, which needs another daemon.
    VersionMismatch,
}

impl MuxRequest {
    pub(super) fn encode(&self, program: &str) -> Vec<u8> {
        let message = MessageWriter::default().bytes(MAGIC).number(PROTOCOL_VERSION).text(program);
        let message = match self {
            Self::Lease { target, cache_key } => target.encode(message.byte(0).text(cache_key)),
            Self::Prewarm { target } => target.encode(message.byte(1)),
            Self::Prefetch { cache_key } => message.byte(2).text(cache_key),
        };
        message.finish()
    }
}

impl Handshake {
    pub(super) fn decode(message: &[u8], program: &str) -> Result<Self, MalformedMessage> {
        let mut fields = MessageReader::new(message);
        if fields.bytes()? != MAGIC {
            return Err(MalformedMessage);
        }
        if fields.number()? != PROTOCOL_VERSION || fields.text()? != program {
            return Ok(Self::VersionMismatch);
        }
        let request = match fields.byte()? {
            0 => {
                let cache_key = fields.text()?.to_owned();
                MuxRequest::Lease { target: Target::decode(&mut fields)?, cache_key }
            }
            1 => MuxRequest::Prewarm { target: Target::decode(&mut fields)? },
            2 => MuxRequest::Prefetch { cache_key: fields.text()?.to_owned() },
            _ => return Err(MalformedMessage),
        };
        fields.end()?;
        Ok(Self::Request(request))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mux::target::tests::target;
    use crate::proxy::{ProxyKind, ProxyRoute};

    fn lease_request(cache_key: &str) -> MuxRequest {
        MuxRequest::Lease { target: target("3f2a"), cache_key: cache_key.to_owned() }
    }

    #[test]
    fn another_version_is_a_mismatch() {
        let message = lease_request("unix:///x").encode("1.0");
        let ours = Handshake::decode(&message, "1.0");
        assert_eq!(ours, Ok(Handshake::Request(lease_request("unix:///x"))));
        assert_eq!(Handshake::decode(&message, "1.1"), Ok(Handshake::VersionMismatch));
        let later =
            MessageWriter::default().bytes(MAGIC).number(PROTOCOL_VERSION + 1).text("1.0").byte(99);
        assert_eq!(Handshake::decode(&later.finish(), "1.0"), Ok(Handshake::VersionMismatch));
    }

    #[test]
    fn requests_round_trip() {
        let jump = ProxyKind::Jump { user: None, host: "box".to_owned(), port: Some(22) };
        let program = ProxyKind::Command(vec!["cai".to_owned(), String::new()]);
        let far = [jump, program].map(|kind| {
            let route = Some(ProxyRoute { engine: "ssh://box".to_owned(), kind });
            MuxRequest::Prewarm { target: Target { proxy: route, ..target("3f2a") } }
        });
        let others = [
            lease_request("/src"),
            lease_request(""),
            MuxRequest::Prefetch { cache_key: "/src".to_owned() },
        ];
        for request in others.into_iter().chain(far) {
            let message = request.encode("1.0");
            assert_eq!(Handshake::decode(&message, "1.0"), Ok(Handshake::Request(request)));
        }
    }

    #[test]
    fn truncated_requests_are_rejected() {
        let message = lease_request("unix:///x").encode("1.0");
        for length in 0..message.len() {
            assert!(Handshake::decode(&message[..length], "1.0").is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, cache_key: String, at: usize, byte: u8) {
            let _ = Handshake::decode(&bytes, "1.0");
            let mut message = lease_request(&cache_key).encode("1.0");
            prop_assert_eq!(Handshake::decode(&message, "1.0"), Ok(Handshake::Request(lease_request(&cache_key))));
            let at = at % message.len();
            message[at] = byte;
            let _ = Handshake::decode(&message, "1.0");
        }
    }
}
