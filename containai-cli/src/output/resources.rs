//! The output of `cai resources`.

use containai_core::byte_size::ByteSize;
use containai_core::engine::Container;
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

#[cfg(test)]
mod tests {
    use containai_core::engine::{ContainerId, RunState};
    use containai_core::resources::{Cpus, ResourceLimits};

    use super::*;

    #[test]
    fn missing_values_are_left_out() {
        let container = Container::new(ContainerId::new("id"), "api-main", RunState::Exited);
        let limits = ResourceLimits {
            memory: Some(ByteSize::from_gib(8)),
            cpus: Cpus::from_nanos(2_500_000_000),
        };
        let resources = ContainerResources { limits, usage: None, next: None };
        insta::assert_json_snapshot!(ResourcesOutput::of(&container, &resources), @r#"
        {
          "container": "api-main",
          "memory_limit": 8589934592,
          "cpu_nanos": 2500000000
        }
        "#);
    }
}
