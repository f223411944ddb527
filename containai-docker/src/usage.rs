//! What a container uses now.

use std::time::Duration;

use bollard::query_parameters::StatsOptionsBuilder;
use containai_core::engine::ContainerId;
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
