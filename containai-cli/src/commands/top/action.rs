//! Key bindings.

use containai_core::engine::{Container, RunState};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::{Panel, TopAction, TopState, display_name};

impl TopState {
    pub(super) fn handle_key(&mut self, key: KeyEvent) -> TopAction {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { TopAction::Quit } else { TopAction::None };
        }
        self.notice = None;
        match (std::mem::take(&mut self.panel), key.code) {
            (Panel::Stop(id, _), KeyCode::Char('y' | 'Y')) => TopAction::Stop(id),
            (Panel::Help | Panel::Stop(..), _) => TopAction::None,
            (Panel::None, code) => self.handle_plain_key(code),
        }
    }

    fn handle_plain_key(&mut self, code: KeyCode) -> TopAction {
        let index = self.selected_index().unwrap_or(0);
        match code {
            KeyCode::Char('q') | KeyCode::Esc => return TopAction::Quit,
            KeyCode::Char('?' | 'h') => self.panel = Panel::Help,
            KeyCode::Down | KeyCode::Char('j') => self.select(index + 1),
            KeyCode::Up | KeyCode::Char('k') => self.select(index.saturating_sub(1)),
            KeyCode::Home | KeyCode::Char('g') => self.select(0),
            KeyCode::End | KeyCode::Char('G') => self.select(usize::MAX),
            KeyCode::Char('s') => self.confirm_stop(),
            KeyCode::Enter => return self.open_shell(),
            KeyCode::Char('l') => {
                let selected = self.selected_container();
                return selected.map_or(TopAction::None, |it| TopAction::Logs(it.name.clone()));
            }
            _ => {}
        }
        TopAction::None
    }

    fn selected_container(&self) -> Option<&Container> {
        Some(&self.rows.get(self.selected_index()?)?.statistics.container)
    }

    fn confirm_stop(&mut self) {
        let Some(container) = self.selected_container().cloned() else { return };
        let name = display_name(&container);
        match container.state {
            RunState::Running | RunState::Paused | RunState::Restarting => {
                self.panel = Panel::Stop(container.id, name);
            }
            state => self.notice = Some(format!("{name} is {state}")),
        }
    }

    /// Opens a shell in a running container only: this screen starts none.
    fn open_shell(&mut self) -> TopAction {
        let Some(container) = self.selected_container().cloned() else { return TopAction::None };
        match (container.state, container.labels.workspace()) {
            (RunState::Running, Some(workspace)) => TopAction::Shell(workspace.to_owned()),
            (state, _) => {
                self.notice = Some(format!("no shell: {} is {state}", display_name(&container)));
                TopAction::None
            }
        }
    }
}
