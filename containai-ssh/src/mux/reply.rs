//! The replies of the daemon.

use std::io;

use containai_core::naming::HostPort;
use containai_core::remote::{Peer, RemoteError};

use super::codec::{Fields, Malformed, Message};
use super::target::Target;
use crate::session::ExitOutcome;

/// The maximum size of a reply, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// The static texts of [`RemoteError::Refused`] and
/// [`RemoteError::StandardStream`].
const NAMES: [&str; 9] = [
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
pub(super) enum Reply {
    /// A connection is being opened.
    Opening,
    /// A channel is open; the client may send the command.
    Ready,
    /// A channel to the last target is open; the client may send a command if
    /// the target is the right one.
    Offered(Target),
    /// The cache key has no target, or the target no idle connection.
    Forgotten,
    /// No connection can be leased, for this reason.
    Unavailable(String),
    /// This daemon is of another version, and exits.
    Retiring,
    /// The command has ended.
    Ended(ExitOutcome),
    /// The command was aborted.
    Failed(Failure),
}

/// A [`RemoteError`] of a running command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    Refused(&'static str),
    Stream(&'static str, i32),
    Connection(String),
}

impl Reply {
    pub(super) fn encode(&self) -> Vec<u8> {
        let message = Message::default();
        let message = match self {
            Self::Opening => message.byte(0),
            Self::Ready => message.byte(1),
            Self::Offered(target) => target.encode(message.byte(10)),
            Self::Forgotten => message.byte(11),
            Self::Unavailable(why) => message.byte(2).text(brief(why)),
            Self::Ended(outcome) => match outcome {
                ExitOutcome::Status(status) => message.byte(3).byte(*status),
                ExitOutcome::Signal(number) => message.byte(4).byte(*number),
                ExitOutcome::OutputClosed => message.byte(5),
            },
            Self::Failed(Failure::Refused(what)) => message.byte(6).text(what),
            Self::Failed(Failure::Stream(stream, code)) => {
                message.byte(7).text(stream).number(code.cast_unsigned())
            }
            Self::Retiring => message.byte(9),
            Self::Failed(Failure::Connection(why)) => message.byte(8).text(brief(why)),
        };
        message.finish()
    }

    pub(super) fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(message);
        let reply = match fields.byte()? {
            0 => Self::Opening,
            1 => Self::Ready,
            2 => Self::Unavailable(fields.text()?.to_owned()),
            3 => Self::Ended(ExitOutcome::Status(fields.byte()?)),
            4 => Self::Ended(ExitOutcome::Signal(fields.byte()?)),
            5 => Self::Ended(ExitOutcome::OutputClosed),
            6 => Self::Failed(Failure::Refused(name(fields.text()?)?)),
            7 => {
                Self::Failed(Failure::Stream(name(fields.text()?)?, fields.number()?.cast_signed()))
            }
            8 => Self::Failed(Failure::Connection(fields.text()?.to_owned())),
            9 => Self::Retiring,
            10 => Self::Offered(Target::decode(&mut fields)?),
            11 => Self::Forgotten,
            _ => return Err(Malformed),
        };
        fields.end()?;
        Ok(reply)
    }
}

impl Failure {
    pub(super) fn of(error: &RemoteError) -> Self {
        match error {
            RemoteError::Refused { what } => Self::Refused(what),
            RemoteError::Stream { stream, source } => {
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
                RemoteError::Stream { stream, source: io::ErrorKind::Other.into() }
            }
            Self::Stream(stream, code) => {
                RemoteError::Stream { stream, source: io::Error::from_raw_os_error(code) }
            }
            Self::Connection(why) => {
                RemoteError::Connection { peer: Peer::Container(port), source: why.into() }
            }
        }
    }
}

fn name(text: &str) -> Result<&'static str, Malformed> {
    NAMES.into_iter().find(|name| *name == text).ok_or(Malformed)
}

/// Truncates a text, which may be the server's, to the size of a reply.
fn brief(text: &str) -> &str {
    let most = LONGEST / 2;
    let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= most);
    &text[..end.last().unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mux::target::tests::target;

    #[test]
    fn every_answer_comes_back() {
        let failures = NAMES.into_iter().flat_map(|name| {
            [Failure::Refused(name), Failure::Stream(name, 28)].map(Reply::Failed)
        });
        let others = [
            Reply::Opening,
            Reply::Ready,
            Reply::Offered(target("3f2a")),
            Reply::Forgotten,
            Reply::Retiring,
            Reply::Unavailable("busy".to_owned()),
            Reply::Ended(ExitOutcome::Status(255)),
            Reply::Ended(ExitOutcome::Signal(9)),
            Reply::Ended(ExitOutcome::OutputClosed),
            Reply::Failed(Failure::Connection("broke".to_owned())),
        ];
        for reply in failures.chain(others) {
            let message = reply.encode();
            assert_eq!(Reply::decode(&message), Ok(reply.clone()));
            assert!(Reply::decode(&message[..message.len() - 1]).is_err(), "{reply:?}");
        }
    }

    #[test]
    fn errors_keep_their_kind() {
        let port = HostPort::new(2300).expect("a port");
        let full = RemoteError::Stream {
            stream: "standard output",
            source: io::Error::from_raw_os_error(28),
        };
        for error in [full, RemoteError::Refused { what: "a terminal" }] {
            let text = format!("{error:?}");
            assert_eq!(format!("{:?}", Failure::of(&error).into_error(port)), text);
        }
    }

    #[test]
    fn what_a_person_reads() {
        let port = HostPort::new(2300).expect("a port");
        let samples = containai_core::samples!(Failure {
            Refused: [Failure::Refused("a terminal")],
            Stream: [Failure::Stream("standard output", 28), Failure::Stream("standard input", 0)],
            Connection: [Failure::Connection("Connection reset by peer".to_owned())],
        });
        let samples: Vec<_> =
            samples.into_iter().map(|(name, failure)| (name, failure.into_error(port))).collect();
        insta::assert_snapshot!(containai_core::fake::advised(&samples));
    }

    #[test]
    fn a_long_text_is_cut() {
        let reply = Reply::Unavailable("ä".repeat(LONGEST));
        assert!(reply.encode().len() < LONGEST);
        assert!(Reply::decode(&reply.encode()).is_ok());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = Reply::decode(&bytes);
        }
    }
}
