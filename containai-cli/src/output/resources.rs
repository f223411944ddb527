//! The output of `cai resources`.

use std::fmt;

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::config::{Config, Origin};
use containai_core::engine::{Container, Usage};
use containai_core::resources::{Cpus, HostCapacity, ResourceLimits};
use schemars::JsonSchema;
use serde::Serialize;

use containai::report::escape_control;

/// The output of `cai resources --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ResourcesOutput {
    /// The container's name.
    container: String,
    /// Bytes of memory that it may use, swap included; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<u64>,
    /// Bytes of memory in use; absent when it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_used: Option<u64>,
    /// Billionths of one processor that it may use; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_nanos: Option<u64>,
    /// What a new container of the workspace would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextLimits>,
}

/// What a new container of a workspace would get, and where that comes from, as
/// `cai config get --source` has it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct NextLimits {
    /// Bytes of memory.
    memory_limit: u64,
    /// Where the limit of memory comes from.
    memory_source: String,
    /// Billionths of one processor.
    cpu_nanos: u64,
    /// Where the limit of processors comes from.
    cpu_source: String,
}

impl NextLimits {
    pub(crate) fn of(config: &Config, capacity: HostCapacity) -> Self {
        let resources = config.resources(capacity);
        let source = |key: &str| {
            let listed = config.list().into_iter().find(|it| it.spec.key == key);
            escape_control(&listed.map_or(Origin::Default, |it| it.origin).to_string())
        };
        Self {
            memory_limit: resources.memory.bytes(),
            memory_source: source("resources.memory_limit"),
            cpu_nanos: resources.cpus.nanos().unsigned_abs(),
            cpu_source: source("resources.cpu_limit"),
        }
    }
}

impl ResourcesOutput {
    pub(crate) fn of(
        container: &Container,
        limits: ResourceLimits,
        usage: Option<Usage>,
        next: Option<NextLimits>,
    ) -> Self {
        Self {
            container: escape_control(&container.name),
            memory_limit: limits.memory.map(ByteSize::bytes),
            memory_used: usage.map(|usage| usage.memory_used.bytes()),
            cpu_nanos: limits.cpus.map(|cpus| cpus.nanos().unsigned_abs()),
            next,
        }
    }
}

/// Where a limit comes from, or what a new container gets instead.
fn origin(has: Option<u64>, next: u64, source: &str, human: &str) -> String {
    let source = match source.split_once(':') {
        Some(("remembered", _)) => "remembered for the workspace".to_owned(),
        _ if source == "default" => "the default".to_owned(),
        _ => format!("from {source}"),
    };
    match has == Some(next) {
        true => format!("; {source}"),
        false => format!("; a new container gets {human}, {source}"),
    }
}

impl fmt::Display for ResourcesOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let human = |bytes| HumanSize(ByteSize::from_bytes(bytes)).to_string();
        let no_limit = || "no limit".to_owned();
        let memory = self.memory_limit.map_or_else(no_limit, human);
        write!(f, "container  {}\nmemory     {memory}", self.container)?;
        if let Some(used) = self.memory_used {
            write!(f, " ({} in use)", human(used))?;
        }
        if let Some(NextLimits { memory_limit, memory_source, .. }) = &self.next {
            let of = origin(self.memory_limit, *memory_limit, memory_source, &human(*memory_limit));
            f.write_str(&of)?;
        }
        let text = |nanos: Option<u64>| {
            let cpus = nanos.and_then(Cpus::from_nanos);
            cpus.map_or_else(no_limit, |cpus| cpus.to_string())
        };
        write!(f, "\ncpus       {}", text(self.cpu_nanos))?;
        if let Some(NextLimits { cpu_nanos, cpu_source, .. }) = &self.next {
            let human = text(Some(*cpu_nanos));
            f.write_str(&origin(self.cpu_nanos, *cpu_nanos, cpu_source, &human))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{ContainerId, RunState};
    use containai_core::label::Labels;

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
        };
        let none = ResourcesOutput::of(&container, ResourceLimits::default(), None, None);
        insta::assert_snapshot!(none, @r"
        container  api-main
        memory     no limit
        cpus       no limit
        ");
        let limits = ResourceLimits {
            memory: Some(ByteSize::from_gib(8)),
            cpus: Cpus::from_nanos(2_500_000_000),
        };
        let some = ResourcesOutput::of(&container, limits, None, None);
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
        let next = NextLimits {
            memory_limit: 8 << 30,
            memory_source: "remembered:/r.json".into(),
            cpu_nanos: 1_000_000_000,
            cpu_source: "default".into(),
        };
        insta::assert_snapshot!(ResourcesOutput::of(&container, limits, None, Some(next)), @r"
        container  api-main
        memory     8.0 GiB; remembered for the workspace
        cpus       2.5; a new container gets 1, the default
        ");
    }
}
