//! The status of an ended command.

use std::fmt;

use containai_ssh::ExitOutcome;

/// The number of `SIGPIPE` in Linux.
const SIGPIPE: u8 = 13;

/// The status of a command that has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ExitStatus(EndReason);

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum EndReason {
    Exited(u8),
    Signalled(u8),
}

impl ExitStatus {
    /// Whether the command exited with status 0.
    #[must_use]
    pub fn success(self) -> bool {
        self.0 == EndReason::Exited(0)
    }

    /// Returns the exit status; `None` if a signal ended the command.
    #[must_use]
    pub fn code(self) -> Option<u8> {
        match self.0 {
            EndReason::Exited(code) => Some(code),
            EndReason::Signalled(_) => None,
        }
    }

    /// Returns the number of the signal that ended the command, as Linux
    /// numbers them; `None` if it exited.
    #[must_use]
    pub fn signal(self) -> Option<u8> {
        match self.0 {
            EndReason::Exited(_) => None,
            EndReason::Signalled(number) => Some(number),
        }
    }

    /// Returns the exit code that a shell reports: the exit status, or 128 plus
    /// the number of the signal.
    #[must_use]
    pub fn shell_code(self) -> u8 {
        match self.0 {
            EndReason::Exited(code) => code,
            EndReason::Signalled(number) => 128_u8.saturating_add(number),
        }
    }

    /// Converts the outcome of a session. The command of a stream whose reader
    /// was closed ends as `SIGPIPE` ends other programs.
    pub(crate) fn from_outcome(outcome: ExitOutcome) -> Self {
        Self(match outcome {
            ExitOutcome::Status(code) => EndReason::Exited(code),
            ExitOutcome::Signal(number) => EndReason::Signalled(number),
            _ => EndReason::Signalled(SIGPIPE),
        })
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            EndReason::Exited(code) => write!(f, "exit status: {code}"),
            EndReason::Signalled(number) => write!(f, "signal: {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        let check = |outcome, code, signal, shown: &str| {
            let status = ExitStatus::from_outcome(outcome);
            assert_eq!((status.code(), status.signal()), (code, signal));
            assert_eq!(status.to_string(), shown);
        };
        check(ExitOutcome::Status(0), Some(0), None, "exit status: 0");
        check(ExitOutcome::Status(3), Some(3), None, "exit status: 3");
        check(ExitOutcome::Signal(9), None, Some(9), "signal: 9");
        check(ExitOutcome::OutputClosed, None, Some(13), "signal: 13");
        assert!(!ExitStatus::from_outcome(ExitOutcome::Signal(0)).success());
        assert_eq!(ExitStatus::from_outcome(ExitOutcome::Signal(9)).shell_code(), 137);
    }
}
