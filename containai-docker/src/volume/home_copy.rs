//! Files of a container's home directory, copied to its data volume.

use containai_core::engine::EngineError;
use containai_core::label::FILLS;
use containai_core::layout;
use futures_util::TryStreamExt as _;

use super::Mounted;
use super::errand::{Errand, body};
use crate::engine::DockerEngine;

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
    // It ends with its output.
    let mut ended = Ok(());
    while ended.is_ok() {
        match helper.output.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => ended = Err(engine.failure(error)),
        }
    }
    helper.remove().await?;
    ended
}
