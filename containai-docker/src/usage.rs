//! The resource usage of a container, as the engine reports it.

use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerMemoryStats, ContainerStatsResponse};
use bollard::query_parameters::StatsOptionsBuilder;
use containai_core::byte_size::ByteSize;
use containai_core::engine::{ContainerId, EngineError, UsageSample};
use futures_util::TryStreamExt as _;

use crate::engine::DockerEngine;

impl DockerEngine {
    /// Returns the container's usage as the engine reports it; `None` if the container does not
    /// run.
    ///
    /// # Errors
    ///
    /// The engine's error.
    pub(crate) async fn engine_sample(
        &self,
        id: &ContainerId,
    ) -> Result<Option<UsageSample>, EngineError> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let mut stream = std::pin::pin!(self.docker().stats(id.as_ref(), Some(options)));
        match stream.try_next().await {
            Ok(stats) => Ok(stats.and_then(sample)),
            Err(Error::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(None),
            Err(error) => Err(self.map_error(error)),
        }
    }
}

fn sample(stats: ContainerStatsResponse) -> Option<UsageSample> {
    let memory = stats.memory_stats?;
    Some(UsageSample {
        cpu: Duration::from_nanos(stats.cpu_stats?.cpu_usage?.total_usage?),
        limit: ByteSize::from_bytes(memory.limit?),
        memory: ByteSize::from_bytes(memory_in_use(&memory)?),
        tasks: stats.pids_stats.and_then(|pids| pids.current),
    })
}

/// Memory without the inactive file cache, as in `docker stats` (`calculateMemUsageUnixNoCache` of
/// docker/cli). The key depends on the version of control groups.
fn memory_in_use(memory: &ContainerMemoryStats) -> Option<u64> {
    let usage = memory.usage?;
    let cache = memory.stats.as_ref().and_then(|stats| {
        ["total_inactive_file", "inactive_file"].iter().find_map(|key| stats.get(*key).copied())
    });
    Some(cache.filter(|cache| *cache < usage).map_or(usage, |cache| usage - cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<UsageSample> {
        sample(serde_json::from_str(json).expect("an answer"))
    }

    #[test]
    fn both_cgroup_versions_are_read() {
        let of = |key: &str| {
            read(&format!(
                r#"{{"cpu_stats": {{"cpu_usage": {{"total_usage": 1500000000}}}},
                     "pids_stats": {{"current": 26}},
                     "memory_stats": {{"usage": 1000, "limit": 4000, "stats": {{"{key}": 300}}}}}}"#
            ))
        };
        let expected = UsageSample {
            cpu: Duration::from_millis(1500),
            memory: ByteSize::from_bytes(700),
            limit: ByteSize::from_bytes(4000),
            tasks: Some(26),
        };
        assert_eq!(of("total_inactive_file"), Some(expected));
        assert_eq!(of("inactive_file"), Some(expected));
        assert_eq!(of("cache").map(|sample| sample.memory.bytes()), Some(1000));
    }

    #[test]
    fn stopped_container_has_no_sample() {
        assert_eq!(read(r#"{"cpu_stats": {"cpu_usage": {}}, "memory_stats": {}}"#), None);
        assert_eq!(read("{}"), None);
    }
}
