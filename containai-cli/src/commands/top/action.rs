//! What a key changes about the screen, and what is to be done about it.

use containai_core::engine::RunState;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::{ContainerSample, Panel, TopAction, TopState};

impl TopState {
    pub(super) fn handle_key(&mut self, key: KeyEvent) -> TopAction {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { TopAction::Quit } else { TopAction::None };
        }
        self.notice = None;
        match std::mem::take(&mut self.panel) {
            Panel::Help => TopAction::None,
            Panel::Stop(id, _) => match key.code {
                KeyCode::Char('y' | 'Y') => TopAction::Stop(id),
                _ => TopAction::None,
            },
            Panel::None => self.handle_plain_key(key.code),
        }
    }

    fn handle_plain_key(&mut self, code: KeyCode) -> TopAction {
        let place = self.selected_index().unwrap_or(0);
        match code {
            KeyCode::Char('q') | KeyCode::Esc => return TopAction::Quit,
            KeyCode::Char('?' | 'h') => self.panel = Panel::Help,
            KeyCode::Down | KeyCode::Char('j') => self.select(place + 1),
            KeyCode::Up | KeyCode::Char('k') => self.select(place.saturating_sub(1)),
            KeyCode::Home | KeyCode::Char('g') => self.select(0),
            KeyCode::End | KeyCode::Char('G') => self.select(usize::MAX),
            KeyCode::Char('s') => self.confirm_stop(),
            KeyCode::Enter => return self.open_shell(),
            KeyCode::Char('l') => {
                let seen = self.selected_container();
                return seen.map_or(TopAction::None, |seen| TopAction::Logs(seen.name.clone()));
            }
            _ => {}
        }
        TopAction::None
    }

    fn selected_container(&self) -> Option<&ContainerSample> {
        Some(&self.rows.get(self.selected_index()?)?.sample)
    }

    fn confirm_stop(&mut self) {
        let Some(seen) = self.selected_container().cloned() else { return };
        match seen.state {
            RunState::Running | RunState::Paused | RunState::Restarting => {
                self.panel = Panel::Stop(seen.id, seen.name);
            }
            state => self.notice = Some(format!("{} is {state}", seen.name)),
        }
    }

    /// Only of what runs: a look must not start anything.
    fn open_shell(&mut self) -> TopAction {
        let Some(seen) = self.selected_container().cloned() else { return TopAction::None };
        match (seen.state, seen.workspace) {
            (RunState::Running, Some(workspace)) => TopAction::Shell(workspace),
            (state, _) => {
                self.notice = Some(format!("no shell: {} is {state}", seen.name));
                TopAction::None
            }
        }
    }
}
