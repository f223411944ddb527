//! The output of `cai resources`.

use std::fmt;

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::engine::Container;
use containai_core::resources::Cpus;
use schemars::JsonSchema;
use serde::Serialize;

use containai::report::escape_control;
use containai::resources::{ContainerResources, NextResources};

/// The output of `cai resources --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ResourcesOutput {
    /// The container's name.
    container: String,
    /// The memory limit in bytes, swap included; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u64>,
    /// Bytes of memory in use; absent if it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_used: Option<u64>,
    /// The CPU limit in billionths of a CPU; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_nanos: Option<u64>,
    /// The limits of a new container of the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextLimits>,
}

/// The limits of a new container of a workspace, and their sources as
/// `cai config get --source` prints them.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct NextLimits {
    /// The memory limit in bytes.
    memory_limit: u64,
    /// The source of the memory limit.
    memory_source: String,
    /// The CPU limit in billionths of a CPU.
    cpu_nanos: u64,
    /// The source of the CPU limit.
    cpu_source: String,
}

impl From<&NextResources> for NextLimits {
    fn from(next: &NextResources) -> Self {
        Self {
            memory_limit: next.resources.memory.bytes(),
            memory_source: escape_control(&next.memory_origin.to_string()),
            cpu_nanos: next.resources.cpus.nanos().unsigned_abs(),
            cpu_source: escape_control(&next.cpu_origin.to_string()),
        }
    }
}

impl ResourcesOutput {
    pub(crate) fn of(container: &Container, resources: &ContainerResources) -> Self {
        let ContainerResources { limits, usage, next } = resources;
        Self {
            container: escape_control(&container.name),
            memory_limit: limits.memory.map(ByteSize::bytes),
            memory_used: usage.map(|usage| usage.memory_used.bytes()),
            cpu_nanos: limits.cpus.map(|cpus| cpus.nanos().unsigned_abs()),
            next: next.as_ref().map(NextLimits::from),
        }
    }
}

impl fmt::Display for ResourcesOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = |bytes| HumanSize(ByteSize::from_bytes(bytes)).to_string();
        let cpus = |nanos| Cpus::from_nanos(nanos).map_or_else(String::new, |it| it.to_string());
        let in_use = self.memory_used.map(|used| format!(" ({} in use)", bytes(used)));
        let next = self.next.as_ref();
        let next_memory = next.map(|next| (next.memory_limit, next.memory_source.as_str()));
        let next_cpus = next.map(|next| (next.cpu_nanos, next.cpu_source.as_str()));
        write!(
            f,
            "container  {}\nmemory     {}{}{}\ncpus       {}{}",
            self.container,
            self.memory_limit.map_or_else(|| "no limit".to_owned(), bytes),
            in_use.unwrap_or_default(),
            describe_next(self.memory_limit, next_memory, bytes),
            self.cpu_nanos.map_or_else(|| "no limit".to_owned(), cpus),
            describe_next(self.cpu_nanos, next_cpus, cpus),
        )
    }
}

/// The source of a limit, and the limit of a new container if that differs.
fn describe_next(
    current: Option<u64>,
    next: Option<(u64, &str)>,
    format: impl Fn(u64) -> String,
) -> String {
    let Some((next, source)) = next else { return String::new() };
    let source = match source.split_once(':') {
        Some(("remembered", _)) => "remembered for the workspace".to_owned(),
        _ if source == "default" => "the default".to_owned(),
        _ => format!("from {source}"),
    };
    match current == Some(next) {
        true => format!("; {source}"),
        false => format!("; a new container gets {}, {source}", format(next)),
    }
}

#[cfg(test)]
mod tests {
    use containai_core::config::Origin;
    use containai_core::engine::{ContainerId, RunState};
    use containai_core::label::Labels;
    use containai_core::resources::{ResourceLimits, Resources};

    use super::*;

    #[test]
    fn missing_values_mean_no_limit() {
        let container = Container {
            id: ContainerId::new("id"),
            name: "api-main".into(),
            state: RunState::Exited,
            status: String::new(),
            image: String::new(),
            labels: Labels::default(),
            has_lost_port: false,
        };
        let output = |limits, next| {
            ResourcesOutput::of(&container, &ContainerResources { limits, usage: None, next })
        };
        let none = output(ResourceLimits::default(), None);
        insta::assert_snapshot!(none, @r"
        container  api-main
        memory     no limit
        cpus       no limit
        ");
        let limits = ResourceLimits {
            memory: Some(ByteSize::from_gib(8)),
            cpus: Cpus::from_nanos(2_500_000_000),
        };
        let some = output(limits, None);
        insta::assert_snapshot!(some, @r"
        container  api-main
        memory     8.0 GiB
        cpus       2.5
        ");
        insta::assert_json_snapshot!(some, @r#"
        {
          "container": "api-main",
          "memory_limit": 8589934592,
          "cpu_nanos": 2500000000
        }
        "#);
        let next = NextResources {
            resources: Resources {
                memory: ByteSize::from_gib(8),
                cpus: Cpus::from_nanos(1_000_000_000).expect("a CPU"),
            },
            memory_origin: Origin::Remembered("/r.json".into()),
            cpu_origin: Origin::Default,
        };
        insta::assert_snapshot!(output(limits, Some(next)), @r"
        container  api-main
        memory     8.0 GiB; remembered for the workspace
        cpus       2.5; a new container gets 1, the default
        ");
    }
}
