//! What a key changes about the screen, and what is to be done about it.

use containai_core::engine::RunState;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::{Act, Panel, Seen, State};

impl State {
    pub(super) fn key(&mut self, key: KeyEvent) -> Act {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { Act::Quit } else { Act::Nothing };
        }
        self.notice = None;
        match std::mem::take(&mut self.panel) {
            Panel::Help => Act::Nothing,
            Panel::Stop(id, _) => match key.code {
                KeyCode::Char('y' | 'Y') => Act::Stop(id),
                _ => Act::Nothing,
            },
            Panel::None => self.plain_key(key.code),
        }
    }

    fn plain_key(&mut self, code: KeyCode) -> Act {
        let place = self.place().unwrap_or(0);
        match code {
            KeyCode::Char('q') | KeyCode::Esc => return Act::Quit,
            KeyCode::Char('?' | 'h') => self.panel = Panel::Help,
            KeyCode::Down | KeyCode::Char('j') => self.choose(place + 1),
            KeyCode::Up | KeyCode::Char('k') => self.choose(place.saturating_sub(1)),
            KeyCode::Home | KeyCode::Char('g') => self.choose(0),
            KeyCode::End | KeyCode::Char('G') => self.choose(usize::MAX),
            KeyCode::Char('s') => self.ask_to_stop(),
            KeyCode::Enter => return self.shell(),
            KeyCode::Char('l') => {
                let seen = self.chosen_one();
                return seen.map_or(Act::Nothing, |seen| Act::Logs(seen.name.clone()));
            }
            _ => {}
        }
        Act::Nothing
    }

    fn chosen_one(&self) -> Option<&Seen> {
        Some(&self.rows.get(self.place()?)?.seen)
    }

    fn ask_to_stop(&mut self) {
        let Some(seen) = self.chosen_one().cloned() else { return };
        match seen.state {
            RunState::Running | RunState::Paused | RunState::Restarting => {
                self.panel = Panel::Stop(seen.id, seen.name);
            }
            state => self.notice = Some(format!("{} is {state}", seen.name)),
        }
    }

    /// Only of what runs: a look must not start anything.
    fn shell(&mut self) -> Act {
        let Some(seen) = self.chosen_one().cloned() else { return Act::Nothing };
        match (seen.state, seen.workspace) {
            (RunState::Running, Some(workspace)) => Act::Shell(workspace),
            (state, _) => {
                self.notice = Some(format!("no shell: {} is {state}", seen.name));
                Act::Nothing
            }
        }
    }
}
