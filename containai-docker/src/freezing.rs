//! Pausing and unpausing containers, also concurrently with other clients and with a container that
//! is stopping.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerStateStatusEnum as Status;
use bollard::query_parameters::InspectContainerOptions;
use containai_core::engine::ContainerId;
use tokio::time::{Instant, sleep, timeout};

/// Interval between two attempts on a container that is stopping.
const PAUSE: Duration = Duration::from_millis(100);
/// Maximum time for the engine to notice that a container has stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// Timeout of a pause. The ContainAI runtime gives up earlier.
const LIMIT: Duration = Duration::from_secs(30);
/// Timeout of the unpause that undoes a pause.
const UNDO_LIMIT: Duration = Duration::from_secs(10);

/// Pauses the container; succeeds if it is paused or stopped. A pause that times out is undone.
pub(crate) async fn freeze(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let Err(error) = pause(docker, id).await? else { return Ok(()) };
        match state(docker, id).await? {
            // The engine cannot pause a container that has just stopped.
            Some(Status::RUNNING) if Instant::now() < deadline => sleep(PAUSE).await,
            Some(Status::PAUSED | Status::EXITED | Status::CREATED) => return Ok(()),
            _ => return Err(error),
        }
    }
}

/// Attempts to pause. The outer error is a timeout; the container's state is not requested then,
/// because the engine would not answer.
async fn pause(docker: &Docker, id: &ContainerId) -> Result<Result<(), Error>, Error> {
    match timeout(LIMIT, docker.pause_container(id.as_ref())).await {
        Ok(answer) => Ok(answer),
        Err(_) => {
            // The next list of containers shows whether it worked.
            let _ = timeout(UNDO_LIMIT, docker.unpause_container(id.as_ref())).await;
            let message = format!(
                "the container was not paused within {} s; it is still running",
                LIMIT.as_secs()
            );
            Err(Error::DockerResponseServerError { status_code: 0, message })
        }
    }
}

/// Unpauses the container; succeeds if it is not paused, for example because another client has
/// unpaused it.
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
