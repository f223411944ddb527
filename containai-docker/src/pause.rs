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
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Maximum time for the engine to notice that a container has stopped.
const STATE_TIMEOUT: Duration = Duration::from_secs(5);

/// Timeout of a pause. The ContainAI runtime gives up earlier.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout of the unpause that undoes a pause.
const UNPAUSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Pauses the container; succeeds if it is paused or stopped. A pause that times out is undone.
pub(crate) async fn pause(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    let deadline = Instant::now() + STATE_TIMEOUT;
    loop {
        let Err(error) = try_pause(docker, id).await? else { return Ok(()) };
        match state(docker, id).await? {
            // The engine cannot pause a container that has just stopped.
            Some(Status::RUNNING) if Instant::now() < deadline => sleep(POLL_INTERVAL).await,
            Some(Status::PAUSED | Status::EXITED | Status::CREATED) => return Ok(()),
            _ => return Err(error),
        }
    }
}

/// Attempts to pause. The outer error is a timeout; the container's state is not requested then,
/// because the engine would not answer.
async fn try_pause(docker: &Docker, id: &ContainerId) -> Result<Result<(), Error>, Error> {
    match timeout(PAUSE_TIMEOUT, docker.pause_container(id.as_ref())).await {
        Ok(answer) => Ok(answer),
        Err(_) => {
            // The next list of containers shows whether it worked.
            let _ = timeout(UNPAUSE_TIMEOUT, docker.unpause_container(id.as_ref())).await;
            let message = format!(
                "the container was not paused within {} s; it is still running",
                PAUSE_TIMEOUT.as_secs()
            );
            Err(Error::DockerResponseServerError { status_code: 0, message })
        }
    }
}

/// Unpauses the container; succeeds if it is not paused, for example because another client has
/// unpaused it.
pub(crate) async fn unpause(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
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
