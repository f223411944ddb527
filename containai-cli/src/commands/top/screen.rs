//! The terminal, given back however the program ends.

use std::io;
use std::process::Command;

use ratatui::DefaultTerminal;
use ratatui::backend::Backend as _;

use super::key_reader::KeyReader;
use super::state::TopState;
use super::view;

/// The whole terminal. A panic gives it back as well: the library sees to that.
pub(super) struct TerminalScreen(DefaultTerminal);

impl TerminalScreen {
    pub(super) fn enter() -> io::Result<Self> {
        Ok(Self(ratatui::try_init()?))
    }

    pub(super) fn draw(&mut self, state: &TopState) -> io::Result<()> {
        self.0.draw(|frame| view::draw(frame, state)).map(drop)
    }

    /// Lends the terminal to a program until that ends.
    pub(super) fn run_program(
        &mut self,
        keys: &KeyReader,
        program: &mut Command,
    ) -> io::Result<()> {
        let _hushed = keys.suspend();
        self.0.show_cursor()?;
        ratatui::try_restore()?;
        let outcome = program.status();
        self.0 = ratatui::try_init()?;
        // That of the terminal would ask where the cursor is, which not every
        // one answers.
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
