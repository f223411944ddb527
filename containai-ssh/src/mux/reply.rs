//! The replies of the daemon.

use std::io;

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};

use super::codec::{MalformedMessage, MessageReader, MessageWriter};
use super::target::Target;
use crate::session::ExitOutcome;

/// The maximum size of a reply, in bytes.
pub(super) const MAX_REPLY_LEN: usize = 64 * 1024;

/// The static texts of [`RemoteError::Refused`] and
/// [`RemoteError::StandardStream`].
const KNOWN_NAMES: [&str; 9] = [
    "a session",
    "a terminal",
    "to run a command",
    "a request",
    "standard input",
    "standard output",
    "standard error",
    "signals",
    "terminal",
];

/// A reply of the daemon.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum MuxReply {
    /// A connection is being opened.
    Opening,
    /// A channel is open; the client may send the command.
    Ready,
    /// A channel to the last target is open; the client may send a command if
    /// the target is the right one.
    Prefetched(Target),
    /// The cache key has no target, or the target no idle connection.
    NothingPrefetched,
    /// No connection can be leased, for this reason.
    Unavailable(String),
    /// This daemon is of another version, and exits.
    VersionMismatch,
    /// The command has ended.
    Ended(ExitOutcome),
    /// The command was aborted.
    Failed(CommandFailure),
}

/// A [`RemoteError`] of a running command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum CommandFailure {
    Refused(&'static str),
    Stream(&'static str, i32),
    Connection(String),
}

impl MuxReply {
    pub(super) fn encode(&self) -> Vec<u8> {
        let message = MessageWriter::default();
        let message = match self {
            Self::Opening => message.byte(0),
            Self::Ready => message.byte(1),
            Self::Prefetched(target) => target.encode(message.byte(10)),
            Self::NothingPrefetched => message.byte(11),
            Self::Unavailable(why) => message.byte(2).text(truncated(why)),
            Self::Ended(outcome) => match outcome {
                ExitOutcome::Status(status) => message.byte(3).byte(*status),
                ExitOutcome::Signal(number) => message.byte(4).byte(*number),
                ExitOutcome::OutputClosed => message.byte(5),
            },
            Self::Failed(CommandFailure::Refused(what)) => message.byte(6).text(what),
            Self::Failed(CommandFailure::Stream(stream, code)) => {
                message.byte(7).text(stream).number(code.cast_unsigned())
            }
            Self::VersionMismatch => message.byte(9),
            Self::Failed(CommandFailure::Connection(why)) => message.byte(8).text(truncated(why)),
        };
        message.finish()
    }

    pub(super) fn decode(message: &[u8]) -> Result<Self, MalformedMessage> {
        let mut fields = MessageReader::new(message);
        let reply = match fields.byte()? {
            0 => Self::Opening,
            1 => Self::Ready,
            2 => Self::Unavailable(fields.text()?.to_owned()),
            3 => Self::Ended(ExitOutcome::Status(fields.byte()?)),
            4 => Self::Ended(ExitOutcome::Signal(fields.byte()?)),
            5 => Self::Ended(ExitOutcome::OutputClosed),
            6 => Self::Failed(CommandFailure::Refused(known_name(fields.text()?)?)),
            7 => Self::Failed(CommandFailure::Stream(
                known_name(fields.text()?)?,
                fields.number()?.cast_signed(),
            )),
            8 => Self::Failed(CommandFailure::Connection(fields.text()?.to_owned())),
            9 => Self::VersionMismatch,
            10 => Self::Prefetched(Target::decode(&mut fields)?),
            11 => Self::NothingPrefetched,
            _ => return Err(MalformedMessage),
        };
        fields.end()?;
        Ok(reply)
    }
}

impl CommandFailure {
    pub(super) fn of(error: &RemoteError) -> Self {
        match error {
            RemoteError::Refused { what } => Self::Refused(what),
            RemoteError::StandardStream { stream, source } => {
                Self::Stream(stream, source.raw_os_error().unwrap_or_default())
            }
            RemoteError::Connection { source, .. } => Self::Connection(source.to_string()),
            error => Self::Connection(error.to_string()),
        }
    }

    pub(super) fn into_error(self, port: HostPort) -> RemoteError {
        match self {
            Self::Refused(what) => RemoteError::Refused { what },
            Self::Stream(stream, 0) => {
                RemoteError::StandardStream { stream, source: io::ErrorKind::Other.into() }
            }
            Self::Stream(stream, code) => {
                RemoteError::StandardStream { stream, source: io::Error::from_raw_os_error(code) }
            }
            Self::Connection(why) => {
                RemoteError::Connection { peer: Peer::Container(port), source: why.into() }
            }
        }
    }
}

fn known_name(text: &str) -> Result<&'static str, MalformedMessage> {
    KNOWN_NAMES.into_iter().find(|name| *name == text).ok_or(MalformedMessage)
}

/// Truncates a text, which may be the server's, to the size of a reply.
fn truncated(text: &str) -> &str {
    let most = MAX_REPLY_LEN / 2;
    let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= most);
    &text[..end.last().unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mux::target::tests::target;

    #[test]
    fn replies_round_trip() {
        let failures = KNOWN_NAMES.into_iter().flat_map(|name| {
            [CommandFailure::Refused(name), CommandFailure::Stream(name, 28)].map(MuxReply::Failed)
        });
        let others = [
            MuxReply::Opening,
            MuxReply::Ready,
            MuxReply::Prefetched(target("3f2a")),
            MuxReply::NothingPrefetched,
            MuxReply::VersionMismatch,
            MuxReply::Unavailable("busy".to_owned()),
            MuxReply::Ended(ExitOutcome::Status(255)),
            MuxReply::Ended(ExitOutcome::Signal(9)),
            MuxReply::Ended(ExitOutcome::OutputClosed),
            MuxReply::Failed(CommandFailure::Connection("broke".to_owned())),
        ];
        for reply in failures.chain(others) {
            let message = reply.encode();
            assert_eq!(MuxReply::decode(&message), Ok(reply.clone()));
            assert!(MuxReply::decode(&message[..message.len() - 1]).is_err(), "{reply:?}");
        }
    }

    #[test]
    fn errors_keep_their_variant() {
        let port = HostPort::new(2300).expect("a port");
        let full = RemoteError::StandardStream {
            stream: "standard output",
            source: io::Error::from_raw_os_error(28),
        };
        for error in [full, RemoteError::Refused { what: "a terminal" }] {
            let text = format!("{error:?}");
            assert_eq!(format!("{:?}", CommandFailure::of(&error).into_error(port)), text);
        }
    }

    #[test]
    fn error_messages() {
        let port = HostPort::new(2300).expect("a port");
        let samples = containai_core::samples!(CommandFailure {
            Refused: [CommandFailure::Refused("a terminal")],
            Stream: [
                CommandFailure::Stream("standard output", 28),
                CommandFailure::Stream("standard input", 0)
            ],
            Connection: [CommandFailure::Connection("Connection reset by peer".to_owned())],
        });
        let samples: Vec<_> =
            samples.into_iter().map(|(name, failure)| (name, failure.into_error(port))).collect();
        insta::assert_snapshot!(containai_core::testing::render_errors_with_hints(&samples));
    }

    #[test]
    fn long_texts_are_truncated() {
        let reply = MuxReply::Unavailable("ä".repeat(MAX_REPLY_LEN));
        assert!(reply.encode().len() < MAX_REPLY_LEN);
        assert!(MuxReply::decode(&reply.encode()).is_ok());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = MuxReply::decode(&bytes);
        }
    }
}
