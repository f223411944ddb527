//! The output of `cai status`.

use std::fmt;

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::engine::{Container, RunState};
use containai_core::naming::{ContainerName, SshAlias};
use containai_core::timestamp::Elapsed;
use schemars::JsonSchema;
use serde::Serialize;

use containai::report::escape_control;
use containai::status::{RunningStatus, has_usage};

/// The output of `cai status --json`. Keys after `ssh_port` are absent if
/// unknown: a stopped container has no usage, and the engine gets three seconds
/// for each value.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct StatusOutput {
    /// The container's name.
    container: String,
    /// Its state as Docker names it, such as `running` or `exited`.
    status: String,
    /// The reference of its image.
    image: String,
    /// The address of its SSH server on this machine.
    ssh_host: &'static str,
    /// The port of its SSH server on this machine.
    ssh_port: Option<u16>,
    /// Its name for `ssh`, `scp`, `rsync` and `git`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_alias: Option<String>,
    /// The workspace on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
    /// The data volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_volume: Option<String>,
    /// `sysbox` or `userns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    isolation: Option<String>,
    /// `own` if its processes have user ids of their own on the host, `shared` if
    /// all containers of the engine use the same ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_range: Option<String>,
    /// `no` or `unless-stopped`: whether it starts with the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    restart: Option<String>,
    /// The time since its start, such as `3d 4h 12m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<String>,
    /// The uptime in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_seconds: Option<u64>,
    /// SSH connections that run a command or a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_connections: Option<usize>,
    /// Terminals on which a program runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_terminals: Option<usize>,
    /// Bytes of memory in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_used: Option<u64>,
    /// The memory limit in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u64>,
    /// CPU usage in percent of one CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f64>,
    /// The engine's description of its state, such as `Exited (0) 2 hours ago`.
    #[serde(skip)]
    description: String,
    #[serde(skip)]
    state: RunState,
}

impl StatusOutput {
    pub(crate) fn of(container: &Container, running: RunningStatus) -> Self {
        let labels = &container.labels;
        let alias = ContainerName::parse(&container.name).ok().map(|name| SshAlias::of(&name));
        let RunningStatus { usage, sessions, id_range, uptime, restart } = running;
        Self {
            container: escape_control(&container.name),
            status: container.state.to_string(),
            image: escape_control(&container.image),
            ssh_host: "127.0.0.1",
            ssh_port: labels.ssh_port().map(|port| port.get()),
            ssh_alias: alias.map(|alias| alias.to_string()),
            workspace: labels.workspace().map(escape_control),
            data_volume: labels.data_volume().map(|volume| volume.to_string()),
            isolation: labels.get(containai_core::label::ISOLATION).map(escape_control),
            id_range: id_range.map(|mode| mode.to_string()),
            restart: restart.map(|policy| policy.to_string()),
            uptime: uptime.map(|uptime| Elapsed(uptime).to_string()),
            uptime_seconds: uptime.map(|uptime| uptime.as_secs()),
            ssh_connections: sessions.map(|sessions| sessions.ssh),
            active_terminals: sessions.map(|sessions| sessions.terminals),
            memory_used: usage.map(|usage| usage.memory_used.bytes()),
            memory_limit: usage.map(|usage| usage.memory_limit.bytes()),
            cpu_percent: usage.map(|usage| usage.cpu_percent),
            description: escape_control(&container.status),
            state: container.state,
        }
    }

    /// Sessions and resource usage, one a line; `None` if it is stopped.
    pub(crate) fn usage(&self) -> Option<String> {
        if !has_usage(self.state) {
            return None;
        }
        let unknown = || "unknown: the engine did not respond in time".to_owned();
        let sessions = self
            .ssh_connections
            .zip(self.active_terminals)
            .map(|(ssh, terminals)| format!("{ssh} SSH connections, {terminals} active terminals"));
        let memory = self.memory_used.zip(self.memory_limit);
        let memory = memory.map(|(used, limit)| memory_of(used, limit));
        let cpu = self.cpu_percent.map(|percent| format!("{percent:.1}%"));
        let usage = [("sessions", sessions), ("memory", memory), ("cpu", cpu)];
        let usage = usage.map(|(name, text)| (name, text.unwrap_or_else(unknown)));
        let id_range = self.id_range.clone().map(|range| ("id range", range));
        let lines = id_range.into_iter().chain(usage);
        let lines: Vec<_> = lines.map(|(name, text)| format!("{name:<10} {text}")).collect();
        Some(lines.join("\n"))
    }
}

/// The status without sessions and resource usage.
impl fmt::Display for StatusOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "container  {}\nstatus     {}", self.container, self.status)?;
        match &self.uptime {
            Some(uptime) => write!(f, "\nuptime     {uptime}")?,
            None if self.description.is_empty() => {}
            None => write!(f, " ({})", self.description)?,
        }
        write!(f, "\nimage      {}", self.image)?;
        if let (Some(alias), Some(port)) = (&self.ssh_alias, self.ssh_port) {
            write!(f, "\nssh        ssh {alias} ({}:{port})", self.ssh_host)?;
        }
        for (name, value) in [
            ("workspace", &self.workspace),
            ("data", &self.data_volume),
            ("isolation", &self.isolation),
            ("restart", &self.restart),
        ] {
            if let Some(value) = value {
                write!(f, "\n{name:<10} {value}")?;
            }
        }
        Ok(())
    }
}

/// `1.2 GiB of 4.0 GiB (30%)`.
pub(crate) fn memory_of(used: u64, limit: u64) -> String {
    let human = |bytes| HumanSize(ByteSize::from_bytes(bytes));
    let percent = (u128::from(used) * 100).checked_div(limit.into()).unwrap_or(0);
    format!("{} of {} ({percent}%)", human(used), human(limit))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use containai_core::engine::{ActiveSessions, ContainerId, IdRangeMode, RestartPolicy, Usage};
    use containai_core::label;

    use super::*;

    fn container(state: RunState, status: &str) -> Container {
        let labels = [
            (label::MANAGED, "true"),
            (label::WORKSPACE, "/home/me/api"),
            (label::SSH_PORT, "2300"),
            (label::ISOLATION, "userns"),
        ];
        Container::new(ContainerId::new("id"), "api-main", state)
            .with_status(status)
            .with_image("containai/base:1\u{1b}[2J")
            .with_labels(labels.into_iter().collect())
    }

    fn live() -> RunningStatus {
        let usage = Usage {
            memory_used: ByteSize::from_bytes(1_288_490_189),
            memory_limit: ByteSize::from_gib(4),
            cpu_percent: 5.2,
            tasks: Some(26),
        };
        RunningStatus {
            usage: Some(usage),
            sessions: Some(ActiveSessions { ssh: 2, terminals: 3 }),
            id_range: Some(IdRangeMode::Own),
            restart: Some(RestartPolicy::No),
            uptime: Some(Duration::from_secs(3 * 86_400 + 4 * 3600 + 12 * 60)),
        }
    }

    #[test]
    fn text_output() {
        let status = StatusOutput::of(&container(RunState::Running, "Up 3 days"), live());
        insta::assert_snapshot!(status, @r"
        container  api-main
        status     running
        uptime     3d 4h 12m
        image      containai/base:1�[2J
        ssh        ssh containai-api-main (127.0.0.1:2300)
        workspace  /home/me/api
        isolation  userns
        restart    no
        ");
        insta::assert_snapshot!(status.usage().expect("usage"), @r"
        id range   own
        sessions   2 SSH connections, 3 active terminals
        memory     1.2 GiB of 4.0 GiB (30%)
        cpu        5.2%
        ");
        let late = StatusOutput::of(
            &container(RunState::Running, "Up 3 days"),
            RunningStatus { sessions: live().sessions, ..RunningStatus::default() },
        );
        insta::assert_snapshot!(late.usage().expect("usage"), @r"
        sessions   2 SSH connections, 3 active terminals
        memory     unknown: the engine did not respond in time
        cpu        unknown: the engine did not respond in time
        ");
        let stopped = container(RunState::Exited, "Exited (130) 2 hours ago");
        assert_eq!(StatusOutput::of(&stopped, RunningStatus::default()).usage(), None);
        insta::assert_snapshot!(StatusOutput::of(&stopped, RunningStatus::default()), @r"
        container  api-main
        status     exited (Exited (130) 2 hours ago)
        image      containai/base:1�[2J
        ssh        ssh containai-api-main (127.0.0.1:2300)
        workspace  /home/me/api
        isolation  userns
        ");
    }

    #[test]
    fn json_output() {
        let status = StatusOutput::of(&container(RunState::Running, "Up 3 days"), live());
        insta::assert_json_snapshot!(status, @r#"
        {
          "container": "api-main",
          "status": "running",
          "image": "containai/base:1�[2J",
          "ssh_host": "127.0.0.1",
          "ssh_port": 2300,
          "ssh_alias": "containai-api-main",
          "workspace": "/home/me/api",
          "isolation": "userns",
          "id_range": "own",
          "restart": "no",
          "uptime": "3d 4h 12m",
          "uptime_seconds": 274320,
          "ssh_connections": 2,
          "active_terminals": 3,
          "memory_used": 1288490189,
          "memory_limit": 4294967296,
          "cpu_percent": 5.2
        }
        "#);
        let stopped = container(RunState::Exited, "Exited (130) 2 hours ago");
        insta::assert_json_snapshot!(StatusOutput::of(&stopped, RunningStatus::default()), @r#"
        {
          "container": "api-main",
          "status": "exited",
          "image": "containai/base:1�[2J",
          "ssh_host": "127.0.0.1",
          "ssh_port": 2300,
          "ssh_alias": "containai-api-main",
          "workspace": "/home/me/api",
          "isolation": "userns"
        }
        "#);
    }
}
