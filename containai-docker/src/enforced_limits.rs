//! The limits that the engine's machine can enforce.

use bollard::models::{HostConfig, SystemInfo};
use containai_core::engine::EngineError;
use containai_core::resources::ResourceLimits;

use crate::engine::DockerEngine;

/// Whether the engine enforces a limit; its kernel or its control groups may lack the controller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Enforcement {
    Enforced,
    Missing,
}

/// The limits that an engine enforces, from its `GET /info`. A limit that an engine does not report
/// is assumed to be enforced.
///
/// The engine refuses to create a container with a limit on processor time that it cannot enforce,
/// and silently drops the others. There is no substitute for processor time: a set of processors
/// would bind containers to the same ones while others are idle.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct EnforcedLimits {
    cpu_time: Enforcement,
    memory: Enforcement,
    swap: Enforcement,
    processes: Enforcement,
}

impl EnforcedLimits {
    pub(crate) fn of(info: &SystemInfo) -> Self {
        let from = |reported: Option<bool>| match reported {
            Some(false) => Enforcement::Missing,
            Some(true) | None => Enforcement::Enforced,
        };
        let (period, quota) = (from(info.cpu_cfs_period), from(info.cpu_cfs_quota));
        let memory = from(info.memory_limit);
        Self {
            cpu_time: if period == Enforcement::Enforced { quota } else { period },
            memory,
            // Without a memory limit, this one is not missed.
            swap: if memory == Enforcement::Enforced { from(info.swap_limit) } else { memory },
            processes: from(info.pids_limit),
        }
    }

    /// Removes the limits that cannot be enforced.
    pub(crate) fn apply(self, host: &mut HostConfig) {
        if self.cpu_time == Enforcement::Missing {
            host.nano_cpus = None;
        }
        if self.memory == Enforcement::Missing {
            host.memory = None;
        }
        if self.swap == Enforcement::Missing {
            host.memory_swap = None;
        }
        if self.processes == Enforcement::Missing {
            host.pids_limit = None;
        }
    }

    /// Returns a message that names the missing limits; `None` if all are enforced.
    pub(crate) fn notice(self) -> Option<String> {
        let missing = self.missing([
            ("processor time", self.cpu_time),
            ("memory", self.memory),
            ("swap", if self.memory == Enforcement::Missing { self.memory } else { self.swap }),
            ("the number of processes", self.processes),
        ])?;
        Some(format!(
            "the engine's kernel cannot limit {missing}: containers run without that limit"
        ))
    }

    fn missing<const N: usize>(self, limits: [(&str, Enforcement); N]) -> Option<String> {
        let missing = limits.into_iter().filter(|(_, state)| *state == Enforcement::Missing);
        let names: Vec<_> = missing.map(|(name, _)| name).collect();
        let (last, rest) = names.split_last()?;
        Some(match rest {
            [] => (*last).to_owned(),
            rest => format!("{} and {last}", rest.join(", ")),
        })
    }

    /// Checks that the engine enforces the limits that are to be set.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnsupportedLimit`] names those that it does not enforce.
    fn check(self, limits: ResourceLimits) -> Result<(), EngineError> {
        let requested = |is_set: bool, state| if is_set { state } else { Enforcement::Enforced };
        let missing = self.missing([
            ("processor time", requested(limits.cpus.is_some(), self.cpu_time)),
            ("memory", requested(limits.memory.is_some(), self.memory)),
        ]);
        missing.map_or(Ok(()), |limit| Err(EngineError::UnsupportedLimit { limit }))
    }
}

impl DockerEngine {
    /// Returns a message about limits of containers that the engine cannot enforce; `None` if it
    /// enforces all.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn limit_notice(&self) -> Result<Option<String>, EngineError> {
        Ok(self.enforced_limits().await?.notice())
    }

    pub(crate) async fn enforced_limits(&self) -> Result<EnforcedLimits, EngineError> {
        let info = self.docker().info().await.map_err(|error| self.map_error(error))?;
        Ok(EnforcedLimits::of(&info))
    }

    pub(crate) async fn check_enforced(&self, limits: ResourceLimits) -> Result<(), EngineError> {
        self.enforced_limits().await?.check(limits)
    }
}

#[cfg(test)]
mod tests {
    use containai_core::byte_size::ByteSize;
    use containai_core::resources::Cpus;

    use super::*;

    fn limits_of(info: serde_json::Value) -> EnforcedLimits {
        EnforcedLimits::of(&serde_json::from_value(info).expect("an answer"))
    }

    #[track_caller]
    fn check(info: serde_json::Value, kept: &str, notice: Option<&str>) {
        let enforced = limits_of(info);
        let mut host = HostConfig {
            memory: Some(1),
            memory_swap: Some(1),
            nano_cpus: Some(1),
            pids_limit: Some(1),
            ..Default::default()
        };
        enforced.apply(&mut host);
        let fields = [
            ("memory", host.memory),
            ("swap", host.memory_swap),
            ("cpus", host.nano_cpus),
            ("pids", host.pids_limit),
        ];
        let names = fields.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name);
        assert_eq!(names.collect::<Vec<_>>().join(" "), kept);
        assert_eq!(enforced.notice().as_deref(), notice);
    }

    #[test]
    fn missing_limits_are_left_out_and_named() {
        let all = serde_json::json!({
            "MemoryLimit": true, "SwapLimit": true, "CpuCfsPeriod": true, "CpuCfsQuota": true,
            "PidsLimit": true,
        });
        let without = |keys: &[&str]| {
            let mut info = all.clone();
            keys.iter().for_each(|key| info[*key] = false.into());
            info
        };
        check(without(&[]), "memory swap cpus pids", None);
        check(serde_json::json!({}), "memory swap cpus pids", None);
        check(
            without(&["CpuCfsQuota"]),
            "memory swap pids",
            Some(
                "the engine's kernel cannot limit processor time: containers run without that limit",
            ),
        );
        check(
            without(&["CpuCfsPeriod", "SwapLimit"]),
            "memory pids",
            Some(
                "the engine's kernel cannot limit processor time and swap: containers run without that limit",
            ),
        );
        check(
            without(&["MemoryLimit", "PidsLimit"]),
            "cpus",
            Some(
                "the engine's kernel cannot limit memory, swap and the number of processes: containers run without that limit",
            ),
        );
    }

    #[test]
    fn only_requested_limits_are_checked() {
        let enforced = limits_of(serde_json::json!({ "CpuCfsQuota": false }));
        let memory = ResourceLimits { memory: Some(ByteSize::from_gib(1)), cpus: None };
        let cpus = ResourceLimits { memory: None, cpus: Cpus::from_nanos(1) };
        assert!(
            enforced.check(memory).is_ok() && enforced.check(ResourceLimits::default()).is_ok()
        );
        let refused = enforced.check(cpus).expect_err("not enforced");
        assert_eq!(refused.to_string(), "the engine's kernel cannot limit processor time");
    }
}
