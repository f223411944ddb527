//! What a client says first.

use super::codec::{Fields, Malformed, Message};
use super::target::Target;

/// Goes up with every change of a message other than the beginning of
/// [`Hello`], which never changes.
const PROTOCOL: u32 = 2;
/// What every greeting starts with.
const MAGIC: &[u8] = b"containai-mux";
/// More than a greeting has, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// What a client says first: who it is and what it wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Hello {
    pub(super) want: Want,
    pub(super) target: Target,
}

/// What a client wants for its target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Want {
    /// To run a command.
    Lease,
    /// A connection for whoever comes next.
    Warmth,
}

/// A greeting as the broker understands it.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Greeting {
    /// From a client of our own version.
    Hello(Hello),
    /// From a client of another version, which wants another broker.
    Stranger,
}

impl Hello {
    pub(super) fn encode(&self, program: &str) -> Vec<u8> {
        let message = Message::default().bytes(MAGIC).number(PROTOCOL).text(program);
        let want = match self.want {
            Want::Lease => 0,
            Want::Warmth => 1,
        };
        self.target.encode(message.byte(want)).finish()
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
        let want = match fields.byte()? {
            0 => Want::Lease,
            1 => Want::Warmth,
            _ => return Err(Malformed),
        };
        let target = Target::decode(&mut fields)?;
        fields.end()?;
        Ok(Self::Hello(Hello { want, target }))
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::ContainerId;
    use containai_core::naming::HostPort;
    use containai_core::remote::HostKey;
    use proptest::prelude::*;

    use super::*;
    use crate::detour::{Detour, Means};

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvD4Rr1dHT0x3gQ9BvYVQy0s2tYyV4hW6w1kZl0aLk5";

    fn hello(engine: &str) -> Hello {
        Hello {
            want: Want::Lease,
            target: Target {
                engine: engine.to_owned(),
                container: ContainerId::new("3f2a"),
                port: HostPort::new(2300).expect("a port"),
                host_key: HostKey::parse(KEY).expect("a key"),
                detour: None,
            },
        }
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
    fn detours_come_as_they_went() {
        let jump = Means::Jump { user: None, host: "box".to_owned(), port: Some(22) };
        let program = Means::Program(vec!["cai".to_owned(), String::new()]);
        for means in [jump, program] {
            let mut far = hello("ssh://box");
            far.target.detour = Some(Detour { engine: "ssh://box".to_owned(), means });
            let message = far.encode("1.0");
            assert_eq!(Greeting::decode(&message, "1.0"), Ok(Greeting::Hello(far)));
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
        fn garbage_never_panics(bytes: Vec<u8>, engine: String, at: usize, byte: u8) {
            let _ = Greeting::decode(&bytes, "1.0");
            let mut message = hello(&engine).encode("1.0");
            prop_assert_eq!(Greeting::decode(&message, "1.0"), Ok(Greeting::Hello(hello(&engine))));
            let at = at % message.len();
            message[at] = byte;
            let _ = Greeting::decode(&message, "1.0");
        }
    }
}
