//! The resource limits of a container.

use std::time::Duration;

use bollard::models::{ContainerUpdateBody, HostConfig};
use bollard::query_parameters::InspectContainerOptions;
use containai_core::byte_size::ByteSize;
use containai_core::engine::{ContainerId, EngineError};
use containai_core::resources::{Cpus, ResourceLimits};

use crate::engine::DockerEngine;

/// Timeout of an update; reclaiming memory can take that long.
const UPDATE_TIMEOUT: Duration = Duration::from_secs(60);

impl DockerEngine {
    /// Returns the limits of a container.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub async fn limits(&self, id: &ContainerId) -> Result<ResourceLimits, EngineError> {
        let options = None::<InspectContainerOptions>;
        let inspected = self.docker().inspect_container(id.as_ref(), options).await;
        let inspected = inspected.map_err(|error| self.map_error(error))?;
        Ok(limits(&inspected.host_config.unwrap_or_default()))
    }

    /// Changes the limits of a container, immediately and permanently; `None` keeps a limit.
    ///
    /// # Errors
    ///
    /// - [`EngineError::UnsupportedLimit`] if the engine cannot enforce a limit.
    /// - [`EngineError::Refused`] if the kernel cannot reclaim enough memory.
    pub async fn set_limits(
        &self,
        id: &ContainerId,
        limits: ResourceLimits,
    ) -> Result<(), EngineError> {
        self.check_enforced(limits).await?;
        let patient = self.docker().clone().with_timeout(UPDATE_TIMEOUT);
        let changed = patient.update_container(id.as_ref(), body(limits)).await;
        changed.map_err(|error| self.map_error(error))
    }
}

/// Sets memory and swap together: a container that swaps is too slow to use, and the engine refuses
/// a memory limit above the old limit of both.
fn body(limits: ResourceLimits) -> ContainerUpdateBody {
    let memory = limits.memory.map(ByteSize::as_i64);
    ContainerUpdateBody {
        memory,
        memory_swap: memory,
        nano_cpus: limits.cpus.map(Cpus::nanos),
        ..Default::default()
    }
}

fn limits(host: &HostConfig) -> ResourceLimits {
    let amount = |amount: Option<i64>| {
        amount.and_then(|amount| u64::try_from(amount).ok()).filter(|amount| *amount > 0)
    };
    ResourceLimits {
        memory: amount(host.memory).map(ByteSize::from_bytes),
        cpus: amount(host.nano_cpus).and_then(Cpus::from_nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_follows_memory() {
        let both = body(ResourceLimits { memory: Some(ByteSize::from_gib(2)), cpus: None });
        insta::assert_json_snapshot!(both, @r#"
        {
          "Memory": 2147483648,
          "MemorySwap": 2147483648
        }
        "#);
        let cpus = body(ResourceLimits { memory: None, cpus: Cpus::from_nanos(1_500_000_000) });
        insta::assert_json_snapshot!(cpus, @r#"
        {
          "NanoCpus": 1500000000
        }
        "#);
    }

    #[test]
    fn zero_is_no_limit() {
        let host = HostConfig { memory: Some(0), nano_cpus: Some(-1), ..Default::default() };
        assert_eq!(limits(&host), ResourceLimits::default());
        let host = HostConfig { memory: Some(1), nano_cpus: Some(2), ..Default::default() };
        let expected =
            ResourceLimits { memory: Some(ByteSize::from_bytes(1)), cpus: Cpus::from_nanos(2) };
        assert_eq!(limits(&host), expected);
    }
}
