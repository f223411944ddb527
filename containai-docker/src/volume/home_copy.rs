//! A copy from a container's home directory to its data volume, without that container.

use std::time::Duration;

use containai_core::engine::EngineError;
use containai_core::label::FILLS;
use containai_core::layout;
use tokio::time::timeout;

use super::VolumeHelperSpec;
use crate::engine::DockerEngine;
use crate::helper_container::RunningHelper;

/// Timeout of the helper container. It runs on the container's file system, whose root may have
/// made the copy endless.
const COPY_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a shell script as the agent, in a helper container with the container's file system and its
/// data volume; `words` are the script and its arguments.
pub(crate) async fn copy_as_agent(
    engine: &DockerEngine,
    spec: VolumeHelperSpec<'_>,
    words: Vec<String>,
) -> Result<(), EngineError> {
    let home = format!("HOME={}", layout::CONTAINER_HOME);
    let spec = spec
        .script_helper(engine.client_id(), FILLS, words)
        .with_user(layout::CONTAINER_USER, [home]);
    let mut helper = RunningHelper::start(engine, spec).await?;
    // The script ends with its output, or times out.
    let ended = timeout(COPY_TIMEOUT, helper.drain_output()).await;
    helper.remove().await?;
    ended.unwrap_or(Ok(()))
}
