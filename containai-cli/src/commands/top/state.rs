//! The state of the screen.

use containai::report::escape_control;
use containai::statistics::ContainerStatistics;
use containai_core::engine::{Container, ContainerId};
use ratatui::crossterm::event::KeyEvent;

/// The number of samples in a sparkline.
pub(super) const HISTORY: usize = 24;

/// A container and its CPU usage, oldest sample first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TopRow {
    pub(super) statistics: ContainerStatistics,
    pub(super) cpu: Vec<f64>,
}

/// An event.
#[derive(Clone, Debug)]
pub(super) enum TopEvent {
    Key(KeyEvent),
    /// The statistics of all containers.
    Polled(Vec<ContainerStatistics>),
    /// A message for the last line.
    Notice(String),
    Resized,
}

/// An action that an event requires.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum TopAction {
    None,
    Quit,
    /// Stop this container.
    Stop(ContainerId),
    /// Open a shell in the container of this workspace.
    Shell(String),
    /// Follow the journal of the container with this name.
    Logs(String),
}

/// A panel above the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Panel {
    #[default]
    None,
    Help,
    /// The confirmation of a stop, with the container's name.
    Stop(ContainerId, String),
}

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct TopState {
    pub(super) rows: Vec<TopRow>,
    /// The selected container, independent of its position.
    pub(super) selected: Option<ContainerId>,
    pub(super) panel: Panel,
    pub(super) notice: Option<String>,
    pub(super) has_polled: bool,
}

impl TopState {
    /// Applies an event; returns the action that it requires.
    pub(super) fn update(&mut self, event: TopEvent) -> TopAction {
        match event {
            TopEvent::Key(key) => return self.handle_key(key),
            TopEvent::Polled(statistics) => self.apply_poll(statistics),
            TopEvent::Notice(text) => self.notice = Some(text),
            TopEvent::Resized => {}
        }
        TopAction::None
    }

    /// The position of the selected container.
    pub(super) fn selected_index(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| row.statistics.container.id == *selected)
    }

    fn apply_poll(&mut self, statistics: Vec<ContainerStatistics>) {
        self.has_polled = true;
        let index = self.selected_index();
        let previous = std::mem::take(&mut self.rows);
        let row = |statistics: ContainerStatistics| {
            let id = &statistics.container.id;
            let previous = previous.iter().find(|row| row.statistics.container.id == *id);
            let mut cpu = previous.map(|row| row.cpu.clone()).unwrap_or_default();
            cpu.push(statistics.usage.map_or(0.0, |usage| usage.cpu_percent));
            let excess = cpu.len().saturating_sub(HISTORY);
            cpu.drain(..excess);
            TopRow { statistics, cpu }
        };
        self.rows = statistics.into_iter().map(row).collect();
        if self.selected_index().is_none() {
            self.select(index.unwrap_or(0));
        }
    }

    pub(super) fn select(&mut self, index: usize) {
        let last = self.rows.len().saturating_sub(1);
        let row = self.rows.get(index.min(last));
        self.selected = row.map(|row| row.statistics.container.id.clone());
    }
}

/// A container's name, safe to print on one line.
pub(super) fn display_name(container: &Container) -> String {
    escape_control(&container.name).replace('\n', " ")
}
