//! The first message of a client.

use super::codec::{Fields, Malformed, Message};
use super::target::Target;

/// Incremented with every change of a message, except for the header of
/// [`MuxRequest`], which never changes.
const PROTOCOL: u32 = 3;
/// The start of every request.
const MAGIC: &[u8] = b"containai-mux";
/// The maximum size of a request, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// The first message of a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Hello {
    /// Lease a connection for a command; its target is recorded under the cache
    /// key.
    Lease { target: Target, occasion: String },
    /// Prepare a connection for the next client.
    Warmth { target: Target },
    /// Lease a connection to the last target of the cache key, for a command
    /// that may follow.
    Recall { occasion: String },
}

/// A decoded request.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Greeting {
    /// From a client of the same version.
    Hello(Hello),
    /// From a client of another version, which needs another daemon.
    Stranger,
}

impl Hello {
    pub(super) fn encode(&self, program: &str) -> Vec<u8> {
        let message = Message::default().bytes(MAGIC).number(PROTOCOL).text(program);
        let message = match self {
            Self::Lease { target, occasion } => target.encode(message.byte(0).text(occasion)),
            Self::Warmth { target } => target.encode(message.byte(1)),
            Self::Recall { occasion } => message.byte(2).text(occasion),
        };
        message.finish()
    }
}

impl Greeting {
    pub(super) fn decode(message: &[u8], program: &str) -> Result<Self, Malformed> {
        let mut fields = Fields::new(message);
        if fields.bytes()? != MAGIC {
            return Err(Malformed);
        }
        if fields.number()? != PROTOCOL || fields.text()? != program {
            return Ok(Self::Stranger);
        }
        let hello = match fields.byte()? {
            0 => {
                let occasion = fields.text()?.to_owned();
                Hello::Lease { target: Target::decode(&mut fields)?, occasion }
            }
            1 => Hello::Warmth { target: Target::decode(&mut fields)? },
            2 => Hello::Recall { occasion: fields.text()?.to_owned() },
            _ => return Err(Malformed),
        };
        fields.end()?;
        Ok(Self::Hello(hello))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detour::{Detour, Means};
    use crate::mux::target::tests::target;

    fn hello(occasion: &str) -> Hello {
        Hello::Lease { target: target("3f2a"), occasion: occasion.to_owned() }
    }

    #[test]
    fn another_version_is_a_stranger() {
        let message = hello("unix:///x").encode("1.0");
        let ours = Greeting::decode(&message, "1.0");
        assert_eq!(ours, Ok(Greeting::Hello(hello("unix:///x"))));
        assert_eq!(Greeting::decode(&message, "1.1"), Ok(Greeting::Stranger));
        let later = Message::default().bytes(MAGIC).number(PROTOCOL + 1).text("1.0").byte(99);
        assert_eq!(Greeting::decode(&later.finish(), "1.0"), Ok(Greeting::Stranger));
    }

    #[test]
    fn whatever_is_wanted_comes_as_it_went() {
        let jump = Means::Jump { user: None, host: "box".to_owned(), port: Some(22) };
        let program = Means::Program(vec!["cai".to_owned(), String::new()]);
        let far = [jump, program].map(|means| {
            let detour = Some(Detour { engine: "ssh://box".to_owned(), means });
            Hello::Warmth { target: Target { detour, ..target("3f2a") } }
        });
        let others = [hello("/src"), hello(""), Hello::Recall { occasion: "/src".to_owned() }];
        for hello in others.into_iter().chain(far) {
            let message = hello.encode("1.0");
            assert_eq!(Greeting::decode(&message, "1.0"), Ok(Greeting::Hello(hello)));
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let message = hello("unix:///x").encode("1.0");
        for length in 0..message.len() {
            assert!(Greeting::decode(&message[..length], "1.0").is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, occasion: String, at: usize, byte: u8) {
            let _ = Greeting::decode(&bytes, "1.0");
            let mut message = hello(&occasion).encode("1.0");
            prop_assert_eq!(Greeting::decode(&message, "1.0"), Ok(Greeting::Hello(hello(&occasion))));
            let at = at % message.len();
            message[at] = byte;
            let _ = Greeting::decode(&message, "1.0");
        }
    }
}
