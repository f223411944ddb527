//! The output of `cai resources`.

use std::fmt;

use containai_core::byte_size::{ByteSize, HumanSize};
use containai_core::engine::{Container, Usage};
use containai_core::resources::{Cpus, Limits};
use schemars::JsonSchema;
use serde::Serialize;

use crate::ui::harmless;

/// The output of `cai resources --json`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Allowance {
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
}

impl Allowance {
    pub(crate) fn of(container: &Container, limits: Limits, usage: Option<Usage>) -> Self {
        Self {
            container: harmless(&container.name),
            memory_limit: limits.memory.map(ByteSize::bytes),
            memory_used: usage.map(|usage| usage.memory_used.bytes()),
            cpu_nanos: limits.cpus.map(|cpus| cpus.nanos().unsigned_abs()),
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let human = |bytes| HumanSize(ByteSize::from_bytes(bytes)).to_string();
        let no_limit = || "no limit".to_owned();
        let memory = self.memory_limit.map_or_else(no_limit, human);
        write!(f, "container  {}\nmemory     {memory}", self.container)?;
        if let Some(used) = self.memory_used {
            write!(f, " ({} in use)", human(used))?;
        }
        let cpus = self.cpu_nanos.and_then(Cpus::from_nanos);
        write!(f, "\ncpus       {}", cpus.map_or_else(no_limit, |cpus| cpus.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use containai_core::engine::{ContainerId, RunState};
    use containai_core::label::Labels;

    use super::*;

    #[test]
    fn what_is_missing_is_no_limit() {
        let container = Container {
            id: ContainerId::new("id"),
            name: "api-main".into(),
            state: RunState::Exited,
            status: String::new(),
            image: String::new(),
            labels: Labels::default(),
        };
        let none = Allowance::of(&container, Limits::default(), None);
        insta::assert_snapshot!(none, @r"
        container  api-main
        memory     no limit
        cpus       no limit
        ");
        let limits =
            Limits { memory: Some(ByteSize::from_gib(8)), cpus: Cpus::from_nanos(2_500_000_000) };
        let some = Allowance::of(&container, limits, None);
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
    }
}
