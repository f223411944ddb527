//! Migration of agents' files from the home directory of a container of an earlier version, where
//! they would be removed with the container, to the data volume.

use std::time::Duration;

use bollard::Docker;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::InspectContainerOptions;
use containai_core::engine::{ContainerId, EngineError, Isolation};
use containai_core::label::Labels;
use containai_core::layout;
use containai_core::manifest::{DirectoryLink, shipped_manifests};
use containai_core::naming::{VolumeName, WorkspacePath};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::engine::DockerEngine;
use crate::volume::{VolumeHelperSpec, copy_as_agent};
use crate::{commit, container_files};

/// Maximum time that the stop of a container waits for the copy, which the container can delay
/// forever.
const COPY_TIMEOUT: Duration = Duration::from_secs(30);

/// Timeout of the commit of a stopped container's file system.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(120);

/// Arguments: VOLUME, then PATH TARGET for each directory. Copies a directory that exists in place
/// of the link, unless the volume has newer files.
const COPY_SCRIPT: &str = r#"
cd || exit
volume=$1; shift
while [ $# -gt 1 ]; do
    if [ -d "$1" ] && [ ! -L "$1" ] && mkdir -p -- "$volume/$2"; then
        (cd -- "$1" && find . -type f -print0 | tar --create --null --files-from=- --file=-) |
            tar --extract --keep-newer-files --directory="$volume/$2" --file=-
    fi
    shift 2
done
"#;

/// Copies the files of a running container to the data volume, before it is stopped. Containers
/// started by this version do this themselves ([`layout::CONTAINER_DROP_IN`]). The agent's
/// permissions suffice; an error does not prevent the stop.
pub(crate) async fn copy_to_volume(docker: &Docker, id: &ContainerId) {
    let unit = container_files::read_file(docker, id, layout::CONTAINER_DROP_IN).await;
    if matches!(unit, Ok(None)) {
        let _ = timeout(COPY_TIMEOUT, run_copy(docker, id)).await;
    }
}

/// Copies the files of a stopped container, before it is removed, in a helper container that runs
/// on its committed file system. An error does not prevent the removal: the container's root may
/// have broken its file system.
pub(crate) async fn copy_stopped_to_volume(engine: &DockerEngine, id: &ContainerId) {
    let _ = try_copy_stopped(engine, id).await;
}

async fn try_copy_stopped(engine: &DockerEngine, id: &ContainerId) -> Result<(), EngineError> {
    let failure = |error| engine.map_error(error);
    let docker = engine.docker();
    let inspected = docker.inspect_container(id.as_ref(), None::<InspectContainerOptions>).await;
    let Some(stopped) = StoppedContainer::read(&inspected.map_err(failure)?) else { return Ok(()) };
    let unit = container_files::read_file(docker, id, layout::CONTAINER_DROP_IN).await;
    if unit.map_err(failure)?.is_some() {
        return Ok(());
    }
    let Ok(committed) = timeout(COMMIT_TIMEOUT, commit::commit(docker, id)).await else {
        return Ok(());
    };
    let image = committed.map_err(failure)?;
    let (volume, workspace) = (&stopped.volume, &stopped.workspace);
    let spec = VolumeHelperSpec::new(volume, workspace, &image, stopped.isolation);
    copy_as_agent(engine, spec, script_args()).await
}

/// A stopped container of a workspace that has run before.
struct StoppedContainer {
    workspace: WorkspacePath,
    volume: VolumeName,
    isolation: Isolation,
}

impl StoppedContainer {
    fn read(inspected: &ContainerInspectResponse) -> Option<Self> {
        let state = inspected.state.as_ref().and_then(|state| state.status);
        let labels = inspected.config.as_ref()?.labels.clone().unwrap_or_default();
        let labels: Labels = labels.into_iter().collect();
        let is_ended = state == Some(ContainerStateStatusEnum::EXITED) && labels.is_managed();
        is_ended.then_some(())?;
        Some(Self {
            workspace: WorkspacePath::new(labels.workspace()?).ok()?,
            volume: labels.data_volume()?,
            isolation: labels.isolation()?,
        })
    }
}

/// The arguments after `sh -c`.
fn script_args() -> Vec<String> {
    let mut words = [COPY_SCRIPT, "sh", layout::CONTAINER_DATA].map(str::to_owned).to_vec();
    for link in DirectoryLink::from_manifests(&shipped_manifests()) {
        words.extend([link.path, link.target]);
    }
    words
}

async fn run_copy(docker: &Docker, id: &ContainerId) -> Result<(), bollard::errors::Error> {
    let words = ["sh", "-c"].map(str::to_owned).into_iter().chain(script_args()).collect();
    let options = CreateExecOptions {
        attach_stdout: Some(true),
        user: Some(layout::CONTAINER_USER.to_owned()),
        env: Some(vec![format!("HOME={}", layout::CONTAINER_HOME)]),
        cmd: Some(words),
        ..Default::default()
    };
    let exec = docker.create_exec(id.as_ref(), options).await?.id;
    if let StartExecResults::Attached { mut output, .. } =
        docker.start_exec(&exec, None::<StartExecOptions>).await?
    {
        // The output ends with the program.
        while output.next().await.transpose()?.is_some() {}
    }
    Ok(())
}
