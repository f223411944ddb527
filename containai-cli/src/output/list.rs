//! The output of `cai list`.

use containai::listing::ContainerListing;
use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::engine::RunState;
use containai_docker::Sizes;
use schemars::JsonSchema;
use serde::Serialize;

use super::table;
use containai::report::escape_control;

/// One element of the output of `cai list --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ContainerListEntry {
    /// The container's name.
    container: String,
    /// The workspace on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
    /// Its state as Docker names it, such as `running` or `exited`.
    status: String,
    /// The agents in its image.
    agents: Vec<String>,
    /// Those that are running.
    running_agents: Vec<String>,
    /// The agent sessions that run.
    sessions: Vec<String>,
    /// The port of its SSH server on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_port: Option<u16>,
    /// The reference of its image.
    image: String,
    /// The time since its start in the engine's words, such as `3 hours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<String>,
    /// The size of its file system in bytes; only with `--size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The size of the volumes that it mounts in bytes; only with `--size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_size: Option<u64>,
}

impl ContainerListEntry {
    pub(crate) fn of(listing: &ContainerListing) -> Self {
        let (container, size) = (&listing.listed.container, listing.listed.size);
        let labels = &container.labels;
        // A list has no times, only the engine's texts.
        let runs = container.state == RunState::Running;
        let uptime = container.status.strip_prefix("Up ").filter(|_| runs);
        Self {
            container: escape_control(&container.name),
            workspace: labels.workspace().map(escape_control),
            status: container.state.to_string(),
            agents: labels.agents().unwrap_or_default().into_iter().map(escape_control).collect(),
            running_agents: listing.running_agents.iter().map(|it| escape_control(it)).collect(),
            sessions: listing.sessions.iter().map(ToString::to_string).collect(),
            ssh_port: labels.ssh_port().map(|port| port.get()),
            image: escape_control(&container.image),
            uptime: uptime.map(|text| escape_control(text.split(" (").next().unwrap_or(text))),
            size: size.map(ByteSize::bytes),
            volume_size: listing.volumes.map(ByteSize::bytes),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.container
    }

    fn row(&self, sizes: Sizes) -> Vec<String> {
        let mut row = vec![
            self.container.clone(),
            self.status.clone(),
            self.uptime.clone().unwrap_or_default(),
            self.ssh_port.map(|port| port.to_string()).unwrap_or_default(),
            self.running_agents.join(","),
            self.sessions.join(","),
        ];
        if sizes == Sizes::Measured {
            let size = |size: Option<u64>| {
                size.map(|bytes| HumanSize(ByteSize::from_bytes(bytes)).to_string())
            };
            row.extend([self.size, self.volume_size].map(|it| size(it).unwrap_or_default()));
        }
        row.push(self.workspace.clone().unwrap_or_default());
        row
    }
}

/// The table of `cai list`.
pub(crate) fn table(entries: &[ContainerListEntry], sizes: Sizes) -> String {
    let head: &[&str] = match sizes {
        Sizes::Measured => &[
            "NAME",
            "STATUS",
            "UPTIME",
            "PORT",
            "AGENT",
            "SESSIONS",
            "SIZE",
            "VOLUMES",
            "WORKSPACE",
        ],
        Sizes::Unknown => &["NAME", "STATUS", "UPTIME", "PORT", "AGENT", "SESSIONS", "WORKSPACE"],
    };
    let rows: Vec<_> = entries.iter().map(|entry| entry.row(sizes)).collect();
    table::table(head, &rows)
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{Container, ContainerId};
    use containai_core::label;
    use containai_core::naming::AgentSessionName;
    use containai_docker::ListedContainer;

    use super::*;

    fn entries() -> Vec<ContainerListEntry> {
        let of = |name: &str, state, status: &str, agents: &str, size: Option<u64>| {
            let labels = [
                (label::MANAGED, "true"),
                (label::WORKSPACE, "/home/me/\u{1b}[31mapi\nx"),
                (label::SSH_PORT, "2300"),
                (label::AGENTS, agents),
            ];
            let listed = ListedContainer {
                container: Container::new(ContainerId::new("id"), name, state)
                    .with_status(status)
                    .with_image("containai/base:1")
                    .with_labels(labels.into_iter().collect()),
                size: size.map(ByteSize::from_bytes),
            };
            let mut listing = ContainerListing::new(listed);
            if state == RunState::Running {
                listing.running_agents = vec!["codex".into()];
                listing.sessions = AgentSessionName::parse("codex").into_iter().collect();
                listing.volumes = Some(ByteSize::from_bytes(7000));
            }
            ContainerListEntry::of(&listing)
        };
        vec![
            of("api-main", RunState::Running, "Up 3 hours (healthy)", "claude,codex", Some(5000)),
            of("a-very-long-name", RunState::Exited, "Exited (0) 2 hours ago", "", None),
        ]
    }

    #[test]
    fn text_output_is_a_table() {
        insta::assert_snapshot!(table(&entries(), Sizes::Unknown), @r"
        NAME              STATUS   UPTIME   PORT  AGENT  SESSIONS  WORKSPACE
        api-main          running  3 hours  2300  codex  codex     /home/me/�[31mapi�x
        a-very-long-name  exited   -        2300  -      -         /home/me/�[31mapi�x
        ");
        insta::assert_snapshot!(table(&entries(), Sizes::Measured), @r"
        NAME              STATUS   UPTIME   PORT  AGENT  SESSIONS  SIZE     VOLUMES  WORKSPACE
        api-main          running  3 hours  2300  codex  codex     4.9 KiB  6.8 KiB  /home/me/�[31mapi�x
        a-very-long-name  exited   -        2300  -      -         -        -        /home/me/�[31mapi�x
        ");
    }

    #[test]
    fn json_output() {
        insta::assert_json_snapshot!(entries(), @r#"
        [
          {
            "container": "api-main",
            "workspace": "/home/me/�[31mapi\nx",
            "status": "running",
            "agents": [
              "claude",
              "codex"
            ],
            "running_agents": [
              "codex"
            ],
            "sessions": [
              "codex"
            ],
            "ssh_port": 2300,
            "image": "containai/base:1",
            "uptime": "3 hours",
            "size": 5000,
            "volume_size": 7000
          },
          {
            "container": "a-very-long-name",
            "workspace": "/home/me/�[31mapi\nx",
            "status": "exited",
            "agents": [],
            "running_agents": [],
            "sessions": [],
            "ssh_port": 2300,
            "image": "containai/base:1"
          }
        ]
        "#);
    }
}
