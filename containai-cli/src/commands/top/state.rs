//! What is on the screen, and what a key or a look changes about it.

use containai_core::engine::{ActiveSessions, ContainerId, RunState, Usage};
use ratatui::crossterm::event::KeyEvent;

/// How many looks the sparklines go back.
pub(super) const HISTORY: usize = 24;

/// A container at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ContainerSample {
    pub(super) id: ContainerId,
    pub(super) name: String,
    pub(super) workspace: Option<String>,
    pub(super) state: RunState,
    pub(super) usage: Option<Usage>,
    pub(super) sessions: Option<ActiveSessions>,
}

/// A container and its last figures, the newest one last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TopRow {
    pub(super) sample: ContainerSample,
    pub(super) cpu: Vec<f64>,
}

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum TopEvent {
    /// Somebody presses a key.
    Key(KeyEvent),
    /// The engine has told how everything is.
    Polled(Vec<ContainerSample>),
    /// Something has come to an end, well or not.
    Notice(String),
    /// The window has another size.
    Resized,
}

/// What is to be done about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum TopAction {
    None,
    Quit,
    /// Stop this container.
    Stop(ContainerId),
    /// Open a shell in the container of this workspace.
    Shell(String),
    /// Follow the journal of the container of this name.
    Logs(String),
}

/// What lies above the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Panel {
    #[default]
    None,
    Help,
    /// Whether to stop this container, by its name.
    Stop(ContainerId, String),
}

/// What is on the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct TopState {
    pub(super) rows: Vec<TopRow>,
    /// The container that keys are about; the choice follows it when others
    /// come and go.
    pub(super) selected: Option<ContainerId>,
    pub(super) panel: Panel,
    pub(super) notice: Option<String>,
    pub(super) has_polled: bool,
}

impl TopState {
    /// Takes note of what happens and says what is to be done.
    pub(super) fn update(&mut self, input: TopEvent) -> TopAction {
        match input {
            TopEvent::Key(key) => self.handle_key(key),
            TopEvent::Polled(seen) => {
                self.apply_poll(seen);
                TopAction::None
            }
            TopEvent::Notice(text) => {
                self.notice = Some(text);
                TopAction::None
            }
            TopEvent::Resized => TopAction::None,
        }
    }

    /// The place of the chosen container.
    pub(super) fn selected_index(&self) -> Option<usize> {
        self.rows.iter().position(|row| Some(&row.sample.id) == self.selected.as_ref())
    }

    fn apply_poll(&mut self, seen: Vec<ContainerSample>) {
        self.has_polled = true;
        let place = self.selected_index();
        let old = std::mem::take(&mut self.rows);
        let row = |seen: ContainerSample| {
            let before = old.iter().find(|row| row.sample.id == seen.id);
            let mut cpu = before.map(|row| row.cpu.clone()).unwrap_or_default();
            cpu.push(seen.usage.map_or(0.0, |usage| usage.cpu_percent));
            let excess = cpu.len().saturating_sub(HISTORY);
            cpu.drain(..excess);
            TopRow { sample: seen, cpu }
        };
        self.rows = seen.into_iter().map(row).collect();
        if self.selected_index().is_none() {
            self.select(place.unwrap_or(0));
        }
    }

    pub(super) fn select(&mut self, place: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.selected = self.rows.get(place.min(last)).map(|row| row.sample.id.clone());
    }
}
