//! Removal of containers, including those whose removal is already in progress.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::RemoveContainerOptions;
use containai_core::engine::ContainerId;
use tokio::time::{Instant, sleep};

/// Interval between attempts while the engine is removing the container for another client.
const PAUSE: Duration = Duration::from_millis(100);
/// Maximum wait for a removal in progress; a large file system takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The mode in which a container is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Removed {
    /// Only if it is stopped; its volumes stay.
    Stopped,
    /// Only if it is stopped, together with its anonymous volumes.
    Discarded,
    /// Even if it runs; its volumes stay.
    Forced,
    /// Even if it runs, together with its anonymous volumes.
    Erased,
}

/// Removes the container. Succeeds if it does not exist, and waits if another client is removing
/// it: two prune runs find the same leftovers.
pub(crate) async fn remove(docker: &Docker, id: &ContainerId, how: Removed) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match docker.remove_container(id.as_ref(), Some(options(how))).await {
            Err(error) if is_under_way(&error) && Instant::now() < deadline => sleep(PAUSE).await,
            outcome => return forgive_missing(outcome),
        }
    }
}

/// Whether the engine is removing the container for another client. If that removal fails, the
/// container stays and the removal has to be requested again.
fn is_under_way(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 409, message }
        if message.starts_with("removal of container") && message.contains("already in progress"))
}

fn options(how: Removed) -> RemoveContainerOptions {
    RemoveContainerOptions {
        force: matches!(how, Removed::Forced | Removed::Erased),
        v: matches!(how, Removed::Discarded | Removed::Erased),
        link: false,
    }
}

pub(crate) fn forgive_missing(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        outcome => outcome,
    }
}
