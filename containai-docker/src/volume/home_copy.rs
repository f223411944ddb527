//! Files of a container's home directory, copied to its data volume.

use std::time::Duration;

use containai_core::engine::EngineError;
use containai_core::label::FILLS;
use containai_core::layout;
use futures_util::TryStreamExt as _;
use tokio::time::timeout;

use super::Mounted;
use super::errand::{Errand, body};
use crate::engine::DockerEngine;

/// How long the helper may run. Its file system is the container's, whose root may have made it
/// one that never ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a script of the shell as the agent, in a helper made of the container's file system, with
/// the volume mounted; `words` are the script and its arguments.
pub(crate) async fn copy_as_agent(
    engine: &DockerEngine,
    mounted: Mounted<'_>,
    words: Vec<String>,
) -> Result<(), EngineError> {
    let mut body = body(mounted, engine.client(), FILLS, words);
    body.user = Some(layout::CONTAINER_USER.to_owned());
    body.env = Some(vec!["LC_ALL=C".into(), format!("HOME={}", layout::CONTAINER_HOME)]);
    let mut helper = Errand::begin(engine, body, mounted.volume.to_string()).await?;
    // It ends with its output, or is ended.
    let end = async {
        while helper.output.try_next().await?.is_some() {}
        Ok(())
    };
    let ended = timeout(PATIENCE, end).await;
    helper.remove().await?;
    ended.unwrap_or(Ok(())).map_err(|error| engine.failure(error))
}
