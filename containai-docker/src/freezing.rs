//! Containers frozen and woken, also by several at once and on their way out.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerStateStatusEnum as Status;
use bollard::query_parameters::InspectContainerOptions;
use containai_core::engine::ContainerId;
use tokio::time::{Instant, sleep, timeout};

/// How often a container on its way out is looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the engine may take to note that a container has ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the engine may take to freeze a container. Its runtime gives up
/// earlier where it is ours.
const LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to undo that.
const UNDO_LIMIT: Duration = Duration::from_secs(10);

/// Returns when nothing runs in the container: it is frozen, or at rest. What
/// takes too long is undone.
pub(crate) async fn freeze(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let Err(error) = pause(docker, id).await? else { return Ok(()) };
        match state(docker, id).await? {
            // The engine cannot freeze what has ended a moment ago.
            Some(Status::RUNNING) if Instant::now() < deadline => sleep(PAUSE).await,
            Some(Status::PAUSED | Status::EXITED | Status::CREATED) => return Ok(()),
            _ => return Err(error),
        }
    }
}

/// The outer error says that the time is up: nothing is asked about the
/// container then, because the engine would not answer.
async fn pause(docker: &Docker, id: &ContainerId) -> Result<Result<(), Error>, Error> {
    match timeout(LIMIT, docker.pause_container(id.as_ref())).await {
        Ok(answer) => Ok(answer),
        Err(_) => {
            // Whether it worked is in the next listing of containers.
            let _ = timeout(UNDO_LIMIT, docker.unpause_container(id.as_ref())).await;
            let message =
                format!("the container was not paused within {} s; it runs on", LIMIT.as_secs());
            Err(Error::DockerResponseServerError { status_code: 0, message })
        }
    }
}

/// Returns when the container is not frozen any more; somebody else may have
/// woken it.
pub(crate) async fn wake(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    let Err(error) = docker.unpause_container(id.as_ref()).await else { return Ok(()) };
    match state(docker, id).await? {
        Some(Status::PAUSED) | None => Err(error),
        Some(_) => Ok(()),
    }
}

async fn state(docker: &Docker, id: &ContainerId) -> Result<Option<Status>, Error> {
    let inspected = docker.inspect_container(id.as_ref(), None::<InspectContainerOptions>).await?;
    Ok(inspected.state.and_then(|state| state.status))
}
