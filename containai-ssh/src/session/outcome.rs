//! The result of a remote command.

use russh::Sig;

/// The result of a remote command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ExitOutcome {
    /// It exited with a status.
    Status(u8),
    /// It was ended by a signal, or this process was while it ran.
    Signal(u8),
    /// The reader of the local standard output is closed, which ends a session
    /// as `SIGPIPE` ends other programs.
    OutputClosed,
}

impl ExitOutcome {
    /// Returns the exit code: the status, or 128 + the signal's number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Status(status) => status,
            Self::Signal(number) => 128_u8.saturating_add(number),
            Self::OutputClosed => 128 + 13,
        }
    }

    /// The protocol has 32 bits, the system 8; a status that does not fit is a
    /// failure.
    pub(super) fn of_status(status: u32) -> Self {
        Self::Status(u8::try_from(status).unwrap_or(u8::MAX))
    }

    /// The protocol names signals (RFC 4254 §6.10); the numbers are Linux's.
    pub(super) fn of_signal(signal: &Sig) -> Self {
        let number = match signal {
            Sig::HUP => 1,
            Sig::INT => 2,
            Sig::QUIT => 3,
            Sig::ILL => 4,
            Sig::ABRT => 6,
            Sig::FPE => 8,
            Sig::KILL => 9,
            Sig::USR1 => 10,
            Sig::SEGV => 11,
            Sig::PIPE => 13,
            Sig::ALRM => 14,
            Sig::TERM => 15,
            Sig::Custom(name) => custom_signal(name),
        };
        Self::Signal(number)
    }
}

/// Names that OpenSSH sends besides those of the RFC, such as `USR2`; an
/// unknown one is treated as `KILL`.
fn custom_signal(name: &str) -> u8 {
    match name.split('@').next() {
        Some("TRAP") => 5,
        Some("BUS") => 7,
        Some("USR2") => 12,
        Some("XCPU") => 24,
        Some("XFSZ") => 25,
        Some("SYS") => 31,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes() {
        assert_eq!(ExitOutcome::of_status(0).code(), 0);
        assert_eq!(ExitOutcome::of_status(255).code(), 255);
        assert_eq!(ExitOutcome::of_status(256).code(), 255);
        assert_eq!(ExitOutcome::of_signal(&Sig::KILL).code(), 137);
        assert_eq!(ExitOutcome::of_signal(&Sig::Custom("USR2".to_owned())).code(), 140);
        assert_eq!(ExitOutcome::OutputClosed.code(), 141);
    }
}
