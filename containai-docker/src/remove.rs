//! Removal of containers, including those whose removal is already in progress.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::RemoveContainerOptions;
use containai_core::engine::ContainerId;
use tokio::time::{Instant, sleep};

/// Interval between attempts while the engine is removing the container for another client.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Maximum wait for a removal in progress; a large file system takes that long.
const REMOVE_TIMEOUT: Duration = Duration::from_secs(60);

/// The mode in which a container is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RemoveMode {
    /// Only if it is stopped; its volumes are kept.
    Stopped,
    /// Only if it is stopped, together with its anonymous volumes.
    StoppedWithVolumes,
    /// Even if it runs, together with its anonymous volumes.
    ForceWithVolumes,
}

/// Removes the container. Succeeds if it does not exist, and waits if another client is removing
/// it: two prune runs find the same leftovers.
pub(crate) async fn remove(
    docker: &Docker,
    id: &ContainerId,
    mode: RemoveMode,
) -> Result<(), Error> {
    let deadline = Instant::now() + REMOVE_TIMEOUT;
    loop {
        match docker.remove_container(id.as_ref(), Some(options(mode))).await {
            Err(error) if is_in_progress(&error) && Instant::now() < deadline => {
                sleep(POLL_INTERVAL).await;
            }
            outcome => return ignore_not_found(outcome),
        }
    }
}

/// Whether the engine is removing the container for another client. If that removal fails, the
/// container stays and the removal has to be requested again.
fn is_in_progress(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 409, message }
        if message.starts_with("removal of container") && message.contains("already in progress"))
}

fn options(mode: RemoveMode) -> RemoveContainerOptions {
    RemoveContainerOptions {
        force: mode == RemoveMode::ForceWithVolumes,
        v: matches!(mode, RemoveMode::StoppedWithVolumes | RemoveMode::ForceWithVolumes),
        link: false,
    }
}

pub(crate) fn ignore_not_found(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        outcome => outcome,
    }
}
