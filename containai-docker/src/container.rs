//! Operations on one container: create, start, wait, stop.

use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
    LogsOptionsBuilder, RenameContainerOptionsBuilder, StopContainerOptionsBuilder,
};
use containai_core::console_text::without_escapes;
use containai_core::engine::{Container, ContainerId, RunState};
use futures_util::TryStreamExt as _;
use tokio::time::{sleep, timeout};

use crate::remove::ignore_not_found;
use crate::{inspect, spec};

/// Interval between two polls of a container in transition.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Maximum number of polls: five seconds.
const MAX_POLLS: usize = 50;
/// Interval after which the stop signal is sent again.
const RESEND_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time for systemd to shut down.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(spec::STOP_TIMEOUT.unsigned_abs() as u64);

pub(crate) async fn list(docker: &Docker) -> Result<Vec<Container>, Error> {
    Ok(summaries(docker).await?.into_iter().filter_map(inspect::container).collect())
}

pub(crate) async fn summaries(docker: &Docker) -> Result<Vec<ContainerSummary>, Error> {
    let options = ListContainersOptionsBuilder::default().all(true).build();
    docker.list_containers(Some(options)).await
}

pub(crate) async fn create(
    docker: &Docker,
    name: &str,
    body: bollard::models::ContainerCreateBody,
) -> Result<ContainerId, Error> {
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    let created = docker.create_container(Some(options), body).await?;
    Ok(ContainerId::new(created.id))
}

pub(crate) async fn start(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    docker.start_container(id.as_ref(), None).await
}

/// Sends the stop signal repeatedly until the container has stopped, and kills it after the
/// timeout.
///
/// A systemd that has just started does not handle signals yet, and the engine's own stop sends the
/// signal once. The engine's stop also continues without its client: if `cai` is killed meanwhile,
/// the engine would kill the container at the end of the timeout even if it is in use again by
/// then.
pub(crate) async fn stop(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    match timeout(SHUTDOWN_TIMEOUT, shut_down(docker, id)).await {
        Ok(outcome) => ignore_not_found(outcome),
        Err(_) => {
            let options = StopContainerOptionsBuilder::default().t(0).build();
            ignore_not_found(docker.stop_container(id.as_ref(), Some(options)).await)
        }
    }
}

async fn shut_down(docker: &Docker, id: &ContainerId) -> Result<(), Error> {
    loop {
        let options = KillContainerOptionsBuilder::default().signal(spec::STOP_SIGNAL).build();
        match docker.kill_container(id.as_ref(), Some(options)).await {
            // It is not running, or has just stopped.
            Err(Error::DockerResponseServerError { status_code: 409, .. }) => return Ok(()),
            outcome => outcome?,
        }
        if let Ok(ended) = timeout(RESEND_INTERVAL, wait_exit(docker, id)).await {
            return ended.map(drop);
        }
    }
}

pub(crate) async fn has_volume(docker: &Docker, name: &str) -> Result<bool, Error> {
    match docker.inspect_volume(name).await {
        Ok(_) => Ok(true),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) async fn rename(docker: &Docker, id: &ContainerId, name: &str) -> Result<(), Error> {
    let options = RenameContainerOptionsBuilder::default().name(name).build();
    match docker.rename_container(id.as_ref(), options).await {
        // Docker refuses to rename a container to its current name.
        Err(Error::DockerResponseServerError { status_code: 400, .. })
            if list(docker).await?.iter().any(|it| it.id == *id && it.name == name) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// Waits until the container has left `state`, for at most five seconds.
pub(crate) async fn wait_transition(
    docker: &Docker,
    name: &str,
    state: RunState,
) -> Result<(), Error> {
    for _ in 0..MAX_POLLS {
        let containers = list(docker).await?;
        if !containers.iter().any(|container| container.name == name && container.state == state) {
            return Ok(());
        }
        sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

/// Waits for the container's first process and returns its exit status. The library reports a
/// status other than 0 as an error.
pub(crate) async fn wait_exit(docker: &Docker, id: &ContainerId) -> Result<i64, Error> {
    let mut stream = std::pin::pin!(docker.wait_container(id.as_ref(), None));
    match stream.try_next().await {
        Ok(Some(response)) => Ok(response.status_code),
        Ok(None) => Ok(0),
        Err(Error::DockerContainerWaitError { code, .. }) => Ok(code),
        Err(error) => Err(error),
    }
}

/// Returns the last lines of the console without escape sequences and control characters.
pub(crate) async fn log_tail(
    docker: &Docker,
    id: &ContainerId,
    lines: usize,
) -> Result<Vec<String>, Error> {
    let options =
        LogsOptionsBuilder::default().stdout(true).stderr(true).tail(&lines.to_string()).build();
    let output: Vec<LogOutput> = docker.logs(id.as_ref(), Some(options)).try_collect().await?;
    let mut text = Vec::new();
    for chunk in output {
        text.extend_from_slice(chunk.as_ref());
    }
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .map(|line| without_escapes(line).replace(|c: char| c.is_control(), ""))
        .filter(|line| !line.trim().is_empty())
        .collect())
}
