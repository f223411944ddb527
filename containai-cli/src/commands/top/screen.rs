//! The terminal in full-screen mode.

use std::io;
use std::process::Command;

use ratatui::DefaultTerminal;
use ratatui::backend::Backend as _;

use super::key_reader::KeyReader;
use super::state::TopState;
use super::view;

/// The terminal in full-screen mode, restored on drop and by the panic hook of ratatui.
pub(super) struct TerminalScreen(DefaultTerminal);

impl TerminalScreen {
    pub(super) fn enter() -> io::Result<Self> {
        Ok(Self(ratatui::try_init()?))
    }

    pub(super) fn draw(&mut self, state: &TopState) -> io::Result<()> {
        self.0.draw(|frame| view::draw(frame, state)).map(drop)
    }

    /// Runs a program on the restored terminal.
    pub(super) fn run_program(
        &mut self,
        keys: &KeyReader,
        program: &mut Command,
    ) -> io::Result<()> {
        let _suspended = keys.suspend();
        self.0.show_cursor()?;
        ratatui::try_restore()?;
        let outcome = program.status();
        self.0 = ratatui::try_init()?;
        // `Terminal::clear` asks for the cursor position, which not every terminal answers.
        self.0.backend_mut().clear()?;
        outcome.map(drop)
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

#[cfg(test)]
mod tests;
