//! The message that starts a command on a leased connection.

use super::codec::{Fields, Malformed, Message};
use crate::session::{Name, Request, Size, Terminal, Wish};

/// Twice the longest command that Linux can start, in bytes (execve(2), "Limits
/// on size of arguments and environment").
pub(super) const LONGEST: usize = 4 << 20;

/// The command, and the standard streams that are passed with it.
///
/// It has no `Debug`, because its arguments may be secret.
#[derive(Eq, PartialEq)]
pub(super) struct Start {
    pub(super) request: Request,
    pub(super) streams: Streams,
}

/// The standard streams that a client passes, in this order; the others are
/// empty.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Streams {
    pub(super) input: bool,
    pub(super) output: bool,
    pub(super) error: bool,
}

impl Start {
    pub(super) fn encode(&self) -> Vec<u8> {
        let Streams { input, output, error } = self.streams;
        let streams = u8::from(input) | u8::from(output) << 1 | u8::from(error) << 2;
        let mut message = Message::default().byte(streams).bytes(&self.request.line);
        message = message.number(u32::try_from(self.request.env.len()).unwrap_or(u32::MAX));
        for (name, value) in &self.request.env {
            message = message.text(name.as_str()).text(value);
        }
        let message = match &self.request.terminal {
            Terminal::None => message.byte(0),
            Terminal::Request { term, size } => {
                message.byte(1).text(term).short(size.columns).short(size.rows)
            }
        };
        message.finish()
    }

    pub(super) fn decode(message: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(message);
        let streams = match fields.byte()? {
            bits @ 0..8 => {
                Streams { input: bits & 1 != 0, output: bits & 2 != 0, error: bits & 4 != 0 }
            }
            _ => return Err(Malformed),
        };
        let line = fields.bytes()?.to_vec();
        let mut env = Vec::new();
        for _ in 0..fields.number()? {
            let name = fields.text()?.parse().map_err(|_| Malformed)?;
            env.push((name, fields.text()?.to_owned()));
        }
        let terminal = match fields.byte()? {
            0 => Terminal::None,
            1 => {
                let term = fields.text()?.to_owned();
                let size = Size { columns: fields.short()?, rows: fields.short()? };
                Terminal::Request { term, size }
            }
            _ => return Err(Malformed),
        };
        fields.end()?;
        Ok(Self { request: Request { line, env, terminal }, streams })
    }
}

/// Encodes the action of a signal as one byte.
pub(super) fn encode_wish(wish: Wish) -> Vec<u8> {
    let name = |name| match name {
        Name::Interrupt => 0,
        Name::Terminate => 1,
        Name::HangUp => 2,
    };
    let byte = match wish {
        Wish::Resize => 0,
        Wish::Pass(signal) => 0x10 | name(signal),
        Wish::Leave(signal) => 0x20 | name(signal),
    };
    vec![byte]
}

pub(super) fn decode_wish(message: &[u8]) -> Result<Wish, Malformed> {
    let mut fields = Fields::new(message);
    let byte = fields.byte()?;
    fields.end()?;
    let name = match byte & 0x0f {
        0 => Name::Interrupt,
        1 => Name::Terminate,
        2 => Name::HangUp,
        _ => return Err(Malformed),
    };
    match byte & 0xf0 {
        0 if byte == 0 => Ok(Wish::Resize),
        0x10 => Ok(Wish::Pass(name)),
        0x20 => Ok(Wish::Leave(name)),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start(line: Vec<u8>, value: String, terminal: Terminal) -> Start {
        let env = vec![("CAI_X".parse().expect("a name"), value)];
        let streams = Streams { output: true, ..Streams::default() };
        Start { request: Request { line, env, terminal }, streams }
    }

    #[test]
    fn wishes_come_back() {
        for name in [Name::Interrupt, Name::Terminate, Name::HangUp] {
            for wish in [Wish::Resize, Wish::Pass(name), Wish::Leave(name)] {
                assert_eq!(decode_wish(&encode_wish(wish)), Ok(wish));
            }
        }
        let understood = (0..=u8::MAX).filter(|byte| decode_wish(&[*byte]).is_ok());
        assert_eq!(understood.count(), 7);
        assert!(decode_wish(&[]).is_err() && decode_wish(&[0, 0]).is_err());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = Start::decode(&bytes);
        }

        #[test]
        fn commands_come_back(line: Vec<u8>, value: String, columns: u16, cut: usize) {
            let size = Size { columns, rows: 24 };
            let terminal = Terminal::Request { term: value.clone(), size };
            for terminal in [Terminal::None, terminal] {
                let start = start(line.clone(), value.clone(), terminal);
                let message = start.encode();
                prop_assert!(Start::decode(&message).is_ok_and(|back| back == start));
                prop_assert!(Start::decode(&message[..cut % message.len()]).is_err());
            }
        }
    }
}
