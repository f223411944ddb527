//! The output of `cai status`.

use std::fmt;

use containai_core::engine::Container;
use containai_core::naming::{ContainerName, SshAlias};
use containai_docker::Usage;
use schemars::JsonSchema;
use serde::Serialize;

use crate::ui::harmless;

/// The output of `cai status --json`. Keys after `ssh_port` are best-effort
/// and absent when unknown.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Status {
    /// The container's name.
    container: String,
    /// Its state in Docker's words, such as `running` or `exited`.
    status: String,
    /// The image reference it was made from.
    image: String,
    /// The address of its SSH server on this machine.
    ssh_host: &'static str,
    /// The port of its SSH server on this machine.
    ssh_port: Option<u16>,
    /// What to call it in `ssh`, `scp`, `rsync` and `git`.
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
    /// The engine's words on how long it has been in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<String>,
    /// Bytes of memory in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_used: Option<u64>,
    /// Bytes of memory that it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u64>,
}

impl Status {
    pub(crate) fn of(container: &Container, usage: Option<Usage>) -> Self {
        let labels = &container.labels;
        let alias = ContainerName::parse(&container.name).ok().map(|name| SshAlias::of(&name));
        Self {
            container: harmless(&container.name),
            status: container.state.to_string(),
            image: harmless(&container.image),
            ssh_host: "127.0.0.1",
            ssh_port: labels.ssh_port().map(|port| port.get()),
            ssh_alias: alias.map(|alias| alias.to_string()),
            workspace: labels.workspace().map(harmless),
            data_volume: labels.data_volume().map(|volume| volume.to_string()),
            isolation: labels.get(containai_core::label::ISOLATION).map(harmless),
            uptime: Some(harmless(&container.status)).filter(|status| !status.is_empty()),
            memory_used: usage.map(|usage| usage.memory_used),
            memory_limit: usage.map(|usage| usage.memory_limit),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "container  {}\nstatus     {}", self.container, self.status)?;
        if let Some(uptime) = &self.uptime {
            write!(f, " ({uptime})")?;
        }
        write!(f, "\nimage      {}", self.image)?;
        if let (Some(alias), Some(port)) = (&self.ssh_alias, self.ssh_port) {
            write!(f, "\nssh        ssh {alias} ({}:{port})", self.ssh_host)?;
        }
        for (name, value) in [
            ("workspace", &self.workspace),
            ("data", &self.data_volume),
            ("isolation", &self.isolation),
        ] {
            if let Some(value) = value {
                write!(f, "\n{name:<10} {value}")?;
            }
        }
        if let (Some(used), Some(limit)) = (self.memory_used, self.memory_limit) {
            write!(f, "\nmemory     {} of {} MiB", used >> 20, limit >> 20)?;
        }
        Ok(())
    }
}
