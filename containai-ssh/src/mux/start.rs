//! The message that starts a command on a leased connection.

use super::codec::{MalformedMessage, MessageReader, MessageWriter};
use crate::session::{ExecRequest, ForwardedSignal, SignalAction, Terminal, TerminalSize};

/// Twice the longest command that Linux can start, in bytes (execve(2), "Limits
/// on size of arguments and environment").
pub(super) const MAX_START_LEN: usize = 4 << 20;

/// The command, and the standard streams that are passed with it.
///
/// It has no `Debug`, because its arguments may be secret.
#[derive(Eq, PartialEq)]
pub(super) struct StartCommand {
    pub(super) request: ExecRequest,
    pub(super) streams: PassedStreams,
}

/// The standard streams that a client passes, in this order; the others are
/// empty.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct PassedStreams {
    pub(super) input: bool,
    pub(super) output: bool,
    pub(super) error: bool,
}

impl StartCommand {
    pub(super) fn encode(&self) -> Vec<u8> {
        let PassedStreams { input, output, error } = self.streams;
        let streams = u8::from(input) | u8::from(output) << 1 | u8::from(error) << 2;
        let mut message = MessageWriter::default().byte(streams).bytes(&self.request.line);
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

    pub(super) fn decode(message: &[u8]) -> Result<Self, MalformedMessage> {
        let mut fields = MessageReader::new(message);
        let streams = match fields.byte()? {
            bits @ 0..8 => {
                PassedStreams { input: bits & 1 != 0, output: bits & 2 != 0, error: bits & 4 != 0 }
            }
            _ => return Err(MalformedMessage),
        };
        let line = fields.bytes()?.to_vec();
        let mut env = Vec::new();
        for _ in 0..fields.number()? {
            let name = fields.text()?.parse().map_err(|_| MalformedMessage)?;
            env.push((name, fields.text()?.to_owned()));
        }
        let terminal = match fields.byte()? {
            0 => Terminal::None,
            1 => {
                let term = fields.text()?.to_owned();
                let size = TerminalSize { columns: fields.short()?, rows: fields.short()? };
                Terminal::Request { term, size }
            }
            _ => return Err(MalformedMessage),
        };
        fields.end()?;
        Ok(Self { request: ExecRequest { line, env, terminal }, streams })
    }
}

/// Encodes the action of a signal as one byte.
pub(super) fn encode_action(wish: SignalAction) -> Vec<u8> {
    let name = |name| match name {
        ForwardedSignal::Interrupt => 0,
        ForwardedSignal::Terminate => 1,
        ForwardedSignal::HangUp => 2,
    };
    let byte = match wish {
        SignalAction::Resize => 0,
        SignalAction::Forward(signal) => 0x10 | name(signal),
        SignalAction::Detach(signal) => 0x20 | name(signal),
    };
    vec![byte]
}

pub(super) fn decode_action(message: &[u8]) -> Result<SignalAction, MalformedMessage> {
    let mut fields = MessageReader::new(message);
    let byte = fields.byte()?;
    fields.end()?;
    let name = match byte & 0x0f {
        0 => ForwardedSignal::Interrupt,
        1 => ForwardedSignal::Terminate,
        2 => ForwardedSignal::HangUp,
        _ => return Err(MalformedMessage),
    };
    match byte & 0xf0 {
        0 if byte == 0 => Ok(SignalAction::Resize),
        0x10 => Ok(SignalAction::Forward(name)),
        0x20 => Ok(SignalAction::Detach(name)),
        _ => Err(MalformedMessage),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start(line: Vec<u8>, value: String, terminal: Terminal) -> StartCommand {
        let env = vec![("CAI_X".parse().expect("a name"), value)];
        let streams = PassedStreams { output: true, ..PassedStreams::default() };
        StartCommand { request: ExecRequest { line, env, terminal }, streams }
    }

    #[test]
    fn signal_actions_round_trip() {
        for name in
            [ForwardedSignal::Interrupt, ForwardedSignal::Terminate, ForwardedSignal::HangUp]
        {
            for wish in
                [SignalAction::Resize, SignalAction::Forward(name), SignalAction::Detach(name)]
            {
                assert_eq!(decode_action(&encode_action(wish)), Ok(wish));
            }
        }
        let understood = (0..=u8::MAX).filter(|byte| decode_action(&[*byte]).is_ok());
        assert_eq!(understood.count(), 7);
        assert!(decode_action(&[]).is_err() && decode_action(&[0, 0]).is_err());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = StartCommand::decode(&bytes);
        }

        #[test]
        fn commands_round_trip(line: Vec<u8>, value: String, columns: u16, cut: usize) {
            let size = TerminalSize { columns, rows: 24 };
            let terminal = Terminal::Request { term: value.clone(), size };
            for terminal in [Terminal::None, terminal] {
                let start = start(line.clone(), value.clone(), terminal);
                let message = start.encode();
                prop_assert!(StartCommand::decode(&message).is_ok_and(|back| back == start));
                prop_assert!(StartCommand::decode(&message[..cut % message.len()]).is_err());
            }
        }
    }
}
