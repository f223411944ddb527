//! The output of `cai stats`.

use schemars::JsonSchema;
use serde::Serialize;

use super::status::memory_of;
use super::table;
use containai::report::escape_control;
use containai::statistics::ContainerStatistics;

/// One element of the output of `cai stats --json`. Values that the engine does not
/// return within three seconds are absent.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct StatisticsEntry {
    /// The container's name.
    container: String,
    /// CPU usage in percent of one CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f64>,
    /// Bytes of memory in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_used: Option<u64>,
    /// The memory limit in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u64>,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<u64>,
    /// SSH connections that run a command or a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_connections: Option<usize>,
    /// Terminals on which a program runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_terminals: Option<usize>,
}

impl From<&ContainerStatistics> for StatisticsEntry {
    fn from(statistics: &ContainerStatistics) -> Self {
        let ContainerStatistics { container, usage, sessions, .. } = statistics;
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
}

impl StatisticsEntry {
    /// Whether a value is unknown.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.cpu_percent.is_none() || self.ssh_connections.is_none()
    }

    fn row(&self) -> Vec<String> {
        let number = |number: Option<usize>| number.map(|number| number.to_string());
        let cells = [
            Some(self.container.clone()),
            self.cpu_percent.map(|percent| format!("{percent:.1}%")),
            self.memory_used.zip(self.memory_limit).map(|(used, limit)| memory_of(used, limit)),
            self.tasks.map(|tasks| tasks.to_string()),
            number(self.ssh_connections),
            number(self.active_terminals),
        ];
        cells.map(Option::unwrap_or_default).to_vec()
    }
}

/// The table of `cai stats`.
pub(crate) fn table(entries: &[StatisticsEntry]) -> String {
    let rows: Vec<_> = entries.iter().map(StatisticsEntry::row).collect();
    table::table(&["NAME", "CPU", "MEMORY", "TASKS", "SSH", "TERMINALS"], &rows)
}

#[cfg(test)]
mod tests {
    use containai_core::byte_size::ByteSize;
    use containai_core::engine::{ActiveSessions, Container, ContainerId, RunState, Usage};

    use super::*;

    #[test]
    fn unknown_values_are_left_blank() {
        let container = Container::new(ContainerId::new("id"), "api-main", RunState::Running);
        let usage = Usage {
            memory_used: ByteSize::from_bytes(55 << 20),
            memory_limit: ByteSize::from_gib(4),
            cpu_percent: 12.34,
            tasks: Some(26),
        };
        let sessions = ActiveSessions { ssh: 1, terminals: 0 };
        let of = |usage, sessions| {
            StatisticsEntry::from(&ContainerStatistics {
                container: container.clone(),
                usage,
                sessions,
                agent_sessions: Vec::new(),
            })
        };
        let entries = [of(Some(usage), Some(sessions)), of(None, None)];
        insta::assert_snapshot!(table(&entries), @r"
        NAME      CPU    MEMORY                  TASKS  SSH  TERMINALS
        api-main  12.3%  55 MiB of 4.0 GiB (1%)  26     1    0
        api-main  -      -                       -      -    -
        ");
        insta::assert_json_snapshot!(entries, @r#"
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
