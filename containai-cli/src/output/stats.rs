//! The output of `cai stats`.

use containai_core::engine::{ActiveSessions, Container, Usage};
use schemars::JsonSchema;
use serde::Serialize;

use super::status::memory_of;
use super::table;
use containai::report::escape_control;

/// One element of the output of `cai stats --json`. What the engine does not
/// say within three seconds is absent.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Figures {
    /// The container's name.
    container: String,
    /// Processor time in hundredths of one processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f64>,
    /// Bytes of memory in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_used: Option<u64>,
    /// Bytes of memory that it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u64>,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<u64>,
    /// SSH connections with a command or a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_connections: Option<usize>,
    /// Terminals on which something runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_terminals: Option<usize>,
}

impl Figures {
    pub(crate) fn of(
        container: &Container,
        usage: Option<Usage>,
        sessions: Option<ActiveSessions>,
    ) -> Self {
        Self {
            container: escape_control(&container.name),
            cpu_percent: usage.map(|usage| usage.cpu_percent),
            memory_used: usage.map(|usage| usage.memory_used.bytes()),
            memory_limit: usage.map(|usage| usage.memory_limit.bytes()),
            tasks: usage.and_then(|usage| usage.tasks),
            ssh_connections: sessions.map(|sessions| sessions.ssh),
            active_terminals: sessions.map(|sessions| sessions.terminals),
        }
    }

    /// Whether the engine has left something of it open.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.cpu_percent.is_none() || self.ssh_connections.is_none()
    }

    fn row(&self) -> Vec<String> {
        let number = |number: Option<usize>| number.map(|number| number.to_string());
        let cells = [
            Some(self.container.replace('\n', "\u{fffd}")),
            self.cpu_percent.map(|percent| format!("{percent:.1}%")),
            self.memory_used.zip(self.memory_limit).map(|(used, limit)| memory_of(used, limit)),
            self.tasks.map(|tasks| tasks.to_string()),
            number(self.ssh_connections),
            number(self.active_terminals),
        ];
        cells.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect()
    }
}

/// The output of `cai stats` for people.
pub(crate) fn table(figures: &[Figures]) -> String {
    let rows: Vec<_> = figures.iter().map(Figures::row).collect();
    table::table(&["NAME", "CPU", "MEMORY", "TASKS", "SSH", "TERMINALS"], &rows)
}

#[cfg(test)]
mod tests {
    use containai_core::byte_size::ByteSize;
    use containai_core::engine::{ContainerId, RunState};
    use containai_core::label::Labels;

    use super::*;

    #[test]
    fn unknown_values_are_left_blank() {
        let container = Container {
            id: ContainerId::new("id"),
            name: "api-main".into(),
            state: RunState::Running,
            status: String::new(),
            image: String::new(),
            labels: Labels::default(),
        };
        let usage = Usage {
            memory_used: ByteSize::from_bytes(55 << 20),
            memory_limit: ByteSize::from_gib(4),
            cpu_percent: 12.34,
            tasks: Some(26),
        };
        let sessions = ActiveSessions { ssh: 1, terminals: 0 };
        let figures = [
            Figures::of(&container, Some(usage), Some(sessions)),
            Figures::of(&container, None, None),
        ];
        insta::assert_snapshot!(table(&figures), @r"
        NAME      CPU    MEMORY                  TASKS  SSH  TERMINALS
        api-main  12.3%  55 MiB of 4.0 GiB (1%)  26     1    0
        api-main  -      -                       -      -    -
        ");
        insta::assert_json_snapshot!(figures, @r#"
        [
          {
            "container": "api-main",
            "cpu_percent": 12.34,
            "memory_used": 57671680,
            "memory_limit": 4294967296,
            "tasks": 26,
            "ssh_connections": 1,
            "active_terminals": 0
          },
          {
            "container": "api-main"
          }
        ]
        "#);
    }
}
