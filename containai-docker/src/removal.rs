//! Containers taken away, also those that somebody else is taking away.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::RemoveContainerOptions;
use containai_core::engine::ContainerId;
use tokio::time::{Instant, sleep};

/// How often the end of somebody else's removal is asked for.
const PAUSE: Duration = Duration::from_millis(100);
/// How long somebody else may take: what a large file system needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a container is taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Removed {
    /// Only when it does not run; its volumes stay.
    Stopped,
    /// Only when it does not run; the volumes without a name that were made
    /// for it go with it.
    Discarded,
    /// Whatever it is at; its volumes stay.
    Forced,
    /// Whatever it is at, and the volumes without a name that were made for it.
    Erased,
}

/// Returns when the container is gone. It may be gone before, and others may
/// be removing it meanwhile: two who sweep up find the same left-overs.
pub(crate) async fn remove(docker: &Docker, id: &ContainerId, how: Removed) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match docker.remove_container(id.as_ref(), Some(options(how))).await {
            Err(error) if is_under_way(&error) && Instant::now() < deadline => sleep(PAUSE).await,
            outcome => return forgive_missing(outcome),
        }
    }
}

/// The engine removes it for somebody else; a removal that fails leaves it as
/// it was, to be asked for again.
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
