//! Reclaiming of files for an owner other than root.

use std::path::{Path, PathBuf};

use bollard::container::LogOutput;
use bollard::models::{Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountType};
use containai_core::engine::{EngineError, Isolation};
use containai_core::label::{self, Labels};
use containai_core::layout::CONTAINER_CAI;
use futures_util::TryStreamExt as _;

use super::helper::{HelperContainer, HelperSpec, helper_body};
use crate::engine::DockerEngine;
use crate::ownership::Reclaimed;

/// The hidden subcommand of `cai` that the helper runs.
const RECLAIM_COMMAND: [&str; 2] = ["workspace", "reclaim-inside"];

/// Reclaims trees of one owner in a helper container. Its root may change the owner of files of all
/// container ids, and the owner of each tree is mapped to the agent. It mounts only the trees, and
/// runs this machine's program.
pub(crate) async fn reclaim_in_helper(
    engine: &DockerEngine,
    image: &str,
    isolation: Isolation,
    trees: &[PathBuf],
) -> Result<Reclaimed, EngineError> {
    let named = trees.first().map(|tree| tree.display().to_string()).unwrap_or_default();
    let labels = Labels::for_helper().with_client(engine.client_id()).with(label::RECLAIMS, &named);
    let targets: Vec<String> = (0..trees.len()).map(|index| format!("/mnt/{index}")).collect();
    let mounts =
        trees.iter().zip(&targets).map(|(tree, target)| bind_mount(tree, target)).collect();
    let words = RECLAIM_COMMAND.into_iter().map(str::to_owned).chain(targets).collect();
    let mut body = helper_body(HelperSpec { image, isolation, labels }, mounts, words);
    body.entrypoint = Some(vec![CONTAINER_CAI.into()]);
    let mut helper = HelperContainer::create_and_start(engine, body, named).await?;
    let outcome = read_result(&mut helper, trees).await;
    helper.remove().await?;
    outcome
}

async fn read_result(
    helper: &mut HelperContainer<'_>,
    trees: &[PathBuf],
) -> Result<Reclaimed, EngineError> {
    let mut heard = Vec::new();
    let engine = helper.engine();
    while let Some(output) = helper.output.try_next().await.map_err(|it| engine.map_error(it))? {
        match output {
            LogOutput::StdOut { message } => heard.extend_from_slice(&message),
            output => helper.push_stderr(output.as_ref()),
        }
    }
    let status = helper.wait_exit().await?;
    let tail = helper.stderr_lines();
    serde_json::from_slice(&heard).map_err(|_| EngineError::HostFile {
        path: trees.first().map(|tree| tree.display().to_string()).unwrap_or_default(),
        source: std::io::Error::other(format!(
            "the helper container exited with status {status}: {}",
            tail.join("; ")
        )),
    })
}

fn bind_mount(source: &Path, target: &str) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.to_string_lossy().into_owned()),
        target: Some(target.to_owned()),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
            ..Default::default()
        }),
        ..Default::default()
    }
}
