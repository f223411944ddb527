//! What a container uses now.

use std::time::Duration;

use bollard::query_parameters::StatsOptionsBuilder;
use containai_core::byte_size::ByteSize;
use containai_core::engine::{ContainerId, EngineError};
use containai_core::resources::{Cpus, Resources};
use futures_util::TryStreamExt as _;
use tokio::time::timeout;

use crate::engine::DockerEngine;

/// How long a best-effort answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a container uses now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Usage {
    /// Memory in use, in bytes.
    pub memory_used: u64,
    /// Memory that it may use, in bytes.
    pub memory_limit: u64,
}

impl DockerEngine {
    /// What the container may use; `None` where it has no limits.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoSuchContainer`] above all.
    pub async fn limits(&self, id: &ContainerId) -> Result<Option<Resources>, EngineError> {
        let inspected = self.docker().inspect_container(id.as_ref(), None).await;
        let host = inspected.map_err(|error| self.failure(error))?.host_config.unwrap_or_default();
        let memory = host.memory.and_then(|bytes| u64::try_from(bytes).ok());
        let cpus = host.nano_cpus.and_then(|nanos| u64::try_from(nanos).ok());
        let (Some(memory @ 1..), Some(nanos @ 1..)) = (memory, cpus) else { return Ok(None) };
        let cpus = Cpus::from_nanos(nanos);
        Ok(cpus.map(|cpus| Resources { memory: ByteSize::from_bytes(memory), cpus }))
    }

    /// What the container uses now; `None` when it does not run or the engine
    /// does not say within five seconds.
    pub async fn usage(&self, id: &ContainerId) -> Option<Usage> {
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let mut stream = std::pin::pin!(self.docker().stats(id.as_ref(), Some(options)));
        let stats = timeout(PATIENCE, stream.try_next()).await.ok()?.ok()??;
        let memory = stats.memory_stats?;
        Some(Usage { memory_used: memory.usage?, memory_limit: memory.limit? })
    }
}
