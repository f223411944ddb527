//! What agents keep in the home directory of a container of an earlier version,
//! which goes with the container.

use std::time::Duration;

use bollard::Docker;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::InspectContainerOptions;
use containai_core::catalog::{DirectoryLink, shipped_manifests};
use containai_core::engine::{ContainerId, EngineError, Isolation};
use containai_core::label::Labels;
use containai_core::layout;
use containai_core::naming::{VolumeName, WorkspacePath};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::engine::DockerEngine;
use crate::volume::{Mounted, copy_as_agent};
use crate::{archive, successor};

/// How long the end of a container waits for it. Whoever is inside can make it
/// take for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the commit of a stopped container's file system may take.
const COMMIT_PATIENCE: Duration = Duration::from_secs(120);

/// VOLUME, then PATH TARGET for each directory: copies what stands in the home
/// directory in the place of a link, unless the volume has something newer.
const COPY: &str = r#"
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

/// Copies to the data volume what a container has beside it, before it is
/// stopped. Containers that were started by this version do it themselves
/// ([`layout::CONTAINER_DROP_IN`]). The agent's own rights are enough; what
/// fails is no reason to go on running.
pub(crate) async fn keep(docker: &Docker, id: &ContainerId) {
    let unit = archive::read_file(docker, id, layout::CONTAINER_DROP_IN).await;
    if matches!(unit, Ok(None)) {
        let _ = timeout(PATIENCE, copy(docker, id)).await;
    }
}

/// The same for a container that is stopped already, before it is removed: a helper of its file
/// system copies. It is tried, and is no reason to keep a container whose root has broken that.
pub(crate) async fn keep_of_stopped(engine: &DockerEngine, id: &ContainerId) {
    let _ = copy_of_stopped(engine, id).await;
}

async fn copy_of_stopped(engine: &DockerEngine, id: &ContainerId) -> Result<(), EngineError> {
    let failure = |error| engine.failure(error);
    let docker = engine.docker();
    let inspected = docker.inspect_container(id.as_ref(), None::<InspectContainerOptions>).await;
    let Some(ended) = Ended::read(&inspected.map_err(failure)?) else { return Ok(()) };
    let unit = archive::read_file(docker, id, layout::CONTAINER_DROP_IN).await;
    if unit.map_err(failure)?.is_some() {
        return Ok(());
    }
    let Ok(kept) = timeout(COMMIT_PATIENCE, successor::keep(docker, id)).await else {
        return Ok(());
    };
    let image = kept.map_err(failure)?;
    let (volume, workspace) = (&ended.volume, &ended.workspace);
    let mounted = Mounted { volume, workspace, image: &image, isolation: ended.isolation };
    copy_as_agent(engine, mounted, words()).await
}

/// A container of a workspace that has run and is stopped.
struct Ended {
    workspace: WorkspacePath,
    volume: VolumeName,
    isolation: Isolation,
}

impl Ended {
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

/// The arguments of `sh -c`.
fn words() -> Vec<String> {
    let mut words = [COPY, "sh", layout::CONTAINER_DATA].map(str::to_owned).to_vec();
    for link in DirectoryLink::all(&shipped_manifests()) {
        words.extend([link.path, link.target]);
    }
    words
}

async fn copy(docker: &Docker, id: &ContainerId) -> Result<(), bollard::errors::Error> {
    let words = ["sh", "-c"].map(str::to_owned).into_iter().chain(words()).collect();
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
        // It ends with the output.
        while output.next().await.transpose()?.is_some() {}
    }
    Ok(())
}
