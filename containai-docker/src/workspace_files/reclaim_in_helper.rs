//! Reclaiming of files for an owner other than root.

use std::path::{Path, PathBuf};

use bollard::models::{Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountType};
use containai_core::engine::{EngineError, Isolation};
use containai_core::label::{self, Labels};
use containai_core::layout::CONTAINER_CAI;

use crate::engine::DockerEngine;
use crate::helper_container::{HelperProgram, HelperSpec, RunningHelper};
use crate::ownership::Reclaimed;

/// The hidden subcommand of `cai` that the helper runs.
const RECLAIM_COMMAND: [&str; 2] = ["workspace", "reclaim-inside"];

/// Reclaims trees of one owner in a helper container. Its root may change the owner of files of all
/// container ids, and the owner of each tree is mapped to the agent. It mounts only the trees, and
/// runs this machine's program.
pub(super) async fn reclaim_in_helper(
    engine: &DockerEngine,
    image: &str,
    isolation: Isolation,
    trees: &[PathBuf],
) -> Result<Reclaimed, EngineError> {
    let named = trees.first().map(|tree| tree.display().to_string()).unwrap_or_default();
    let labels = Labels::for_helper().with_client(engine.client_id()).with(label::RECLAIMS, &named);
    let targets: Vec<String> = (0..trees.len()).map(|index| format!("/mnt/{index}")).collect();
    let mounts: Vec<_> =
        trees.iter().zip(&targets).map(|(tree, target)| bind_mount(tree, target)).collect();
    let words = RECLAIM_COMMAND.into_iter().map(str::to_owned).chain(targets).collect();
    let spec = HelperSpec::new(image, labels)
        .with_mounts(mounts)
        .with_program(HelperProgram::Command(isolation, CONTAINER_CAI, words));
    let mut helper = RunningHelper::start(engine, spec).await?;
    let outcome = read_result(&mut helper, trees).await;
    helper.remove().await?;
    outcome
}

async fn read_result(
    helper: &mut RunningHelper<'_>,
    trees: &[PathBuf],
) -> Result<Reclaimed, EngineError> {
    let mut stdout = Vec::new();
    while let Some(chunk) = helper.next_stdout().await? {
        stdout.extend_from_slice(&chunk);
    }
    let status = helper.wait_exit().await?;
    let tail = helper.stderr_lines();
    serde_json::from_slice(&stdout).map_err(|_| EngineError::HostFile {
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
