//! What is on the screen, and what a key or a look changes about it.

use containai_core::engine::{ContainerId, RunState, Sessions, Usage};
use ratatui::crossterm::event::KeyEvent;

/// How many looks the sparklines go back.
pub(super) const HISTORY: usize = 24;

/// A container at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) id: ContainerId,
    pub(super) name: String,
    pub(super) workspace: Option<String>,
    pub(super) state: RunState,
    pub(super) usage: Option<Usage>,
    pub(super) sessions: Option<Sessions>,
}

/// A container and its last figures, the newest one last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) seen: Seen,
    pub(super) cpu: Vec<f64>,
}

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// Somebody presses a key.
    Key(KeyEvent),
    /// The engine has told how everything is.
    Look(Vec<Seen>),
    /// Something has come to an end, well or not.
    Told(String),
    /// The window has another size.
    Resized,
}

/// What is to be done about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Act {
    Nothing,
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
pub(super) struct State {
    pub(super) rows: Vec<Row>,
    /// The container that keys are about; the choice follows it when others
    /// come and go.
    pub(super) chosen: Option<ContainerId>,
    pub(super) panel: Panel,
    pub(super) notice: Option<String>,
    pub(super) has_looked: bool,
}

impl State {
    /// Takes note of what happens and says what is to be done.
    pub(super) fn update(&mut self, input: Input) -> Act {
        match input {
            Input::Key(key) => self.key(key),
            Input::Look(seen) => {
                self.look(seen);
                Act::Nothing
            }
            Input::Told(text) => {
                self.notice = Some(text);
                Act::Nothing
            }
            Input::Resized => Act::Nothing,
        }
    }

    /// The place of the chosen container.
    pub(super) fn place(&self) -> Option<usize> {
        self.rows.iter().position(|row| Some(&row.seen.id) == self.chosen.as_ref())
    }

    fn look(&mut self, seen: Vec<Seen>) {
        self.has_looked = true;
        let place = self.place();
        let old = std::mem::take(&mut self.rows);
        let row = |seen: Seen| {
            let before = old.iter().find(|row| row.seen.id == seen.id);
            let mut cpu = before.map(|row| row.cpu.clone()).unwrap_or_default();
            cpu.push(seen.usage.map_or(0.0, |usage| usage.cpu_percent));
            let excess = cpu.len().saturating_sub(HISTORY);
            cpu.drain(..excess);
            Row { seen, cpu }
        };
        self.rows = seen.into_iter().map(row).collect();
        if self.place().is_none() {
            self.choose(place.unwrap_or(0));
        }
    }

    pub(super) fn choose(&mut self, place: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.chosen = self.rows.get(place.min(last)).map(|row| row.seen.id.clone());
    }
}
