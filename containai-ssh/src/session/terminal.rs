//! Terminals, here and there.

use std::os::fd::AsFd;

/// Whether a command gets a terminal in the container.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Terminal {
    /// None: stdout and stderr stay apart and binary.
    #[default]
    None,
    /// One, to which stdin leads and from which stdout comes. If our stdin is
    /// a terminal, that is in raw mode meanwhile and lends its size.
    Request {
        /// The type of terminal, as in `TERM`.
        term: String,
        /// The size at first.
        size: Size,
    },
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

impl Default for Size {
    /// 80 × 24.
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

impl Size {
    /// The size of a terminal of ours; `None` when it is none or does not know.
    #[must_use]
    pub fn of(fd: impl AsFd) -> Option<Self> {
        let size = rustix::termios::tcgetwinsize(fd).ok()?;
        (size.ws_col > 0 && size.ws_row > 0)
            .then_some(Self { columns: size.ws_col, rows: size.ws_row })
    }
}
