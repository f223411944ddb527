//! The output of an ended command.

use super::exit_status::ExitStatus;

/// The status and the captured output of a command that has ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CommandOutput {
    /// The status.
    pub status: ExitStatus,
    /// The standard output, if it was piped; otherwise empty.
    pub stdout: Vec<u8>,
    /// The standard error, if it was piped; otherwise empty. With a terminal,
    /// it is part of the standard output.
    pub stderr: Vec<u8>,
}
