//! Local and remote terminals.

use std::os::fd::AsFd;

/// Environment variables that describe the user's terminal, besides `TERM`. The
/// server's `AcceptEnv` has to allow them.
pub const TERMINAL_VARIABLES: [&str; 5] =
    ["COLORTERM", "COLORFGBG", "NO_COLOR", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"];

/// Whether a command gets a terminal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Terminal {
    /// No terminal: stdout and stderr are separate and binary-safe.
    #[default]
    None,
    /// A terminal for standard input and output. If the local stdin is a
    /// terminal, it is in raw mode meanwhile, and its size is forwarded.
    Request {
        /// The type of terminal, as in `TERM`.
        term: String,
        /// The initial size.
        size: TerminalSize,
    },
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TerminalSize {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

impl Default for TerminalSize {
    /// 80 × 24.
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

impl TerminalSize {
    /// Returns the size of a local terminal; `None` if the file is not a
    /// terminal or has no known size.
    #[must_use]
    pub fn of(fd: impl AsFd) -> Option<Self> {
        let size = rustix::termios::tcgetwinsize(fd).ok()?;
        (size.ws_col > 0 && size.ws_row > 0)
            .then_some(Self { columns: size.ws_col, rows: size.ws_row })
    }
}
