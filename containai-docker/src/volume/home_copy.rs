//! Copy of files from a container's home directory to its data volume.

use std::time::Duration;

use containai_core::engine::EngineError;
use containai_core::label::FILLS;
use containai_core::layout;
use futures_util::TryStreamExt as _;
use tokio::time::timeout;

use super::VolumeHelperSpec;
use super::helper::{HelperContainer, volume_helper_body};
use crate::engine::DockerEngine;

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
    let mut body = volume_helper_body(spec, engine.client_id(), FILLS, words);
    body.user = Some(layout::CONTAINER_USER.to_owned());
    body.env = Some(vec!["LC_ALL=C".into(), format!("HOME={}", layout::CONTAINER_HOME)]);
    let mut helper =
        HelperContainer::create_and_start(engine, body, spec.volume.to_string()).await?;
    // The script ends with its output, or times out.
    let end = async {
        while helper.output.try_next().await?.is_some() {}
        Ok(())
    };
    let ended = timeout(COPY_TIMEOUT, end).await;
    helper.remove().await?;
    ended.unwrap_or(Ok(())).map_err(|error| engine.map_error(error))
}
