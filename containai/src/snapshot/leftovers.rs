//! Removing leftovers of interrupted commands.

use containai_core::engine::ContainerVolumes;
use containai_core::lifecycle::snapshot::{
    SnapshotError, SnapshotLeftovers, find_leftovers, remove_leftovers, roll_back,
};
use containai_docker::DockerEngine;

use crate::host_facts;
use crate::report::{Reporter, escape_control};
use crate::signals::{ShutdownSignal, interrupted_error};

/// Removes volumes, images and helper containers of interrupted commands.
///
/// # Errors
///
/// The engine fails.
pub async fn prune_leftovers(engine: &DockerEngine, reporter: &Reporter) -> crate::Result<()> {
    let leftovers = find_leftovers(engine, host_facts::now()).await?;
    remove_leftovers(engine, &leftovers).await?;
    for line in describe(&leftovers) {
        reporter.detail(&format!("removed {line}"));
    }
    Ok(())
}

/// Runs `work`, which creates `volumes`, and removes them if the work is interrupted.
///
/// # Errors
///
/// The work fails; code 130 if interrupted.
pub async fn remove_on_failure<T>(
    engine: &DockerEngine,
    volumes: &ContainerVolumes,
    reporter: &Reporter,
    work: impl Future<Output = Result<T, SnapshotError>>,
) -> crate::Result<T> {
    let mut interrupt = ShutdownSignal::listen_for(reporter)?;
    let outcome = tokio::select! {
        outcome = work => outcome.map_err(Into::into),
        () = interrupt.received() => roll_back(engine, volumes).await.map_err(Into::into).and(Err(interrupted_error())),
    };
    reporter.finish_work();
    outcome
}

/// Describes each leftover in one line.
pub fn describe(leftovers: &SnapshotLeftovers) -> Vec<String> {
    let volumes =
        leftovers.volumes.iter().map(|name| format!("volume {name} of an unfinished copy"));
    let images = leftovers
        .images
        .iter()
        .map(|id| format!("image {} of an unfinished snapshot", escape_control(id)));
    let helpers = leftovers
        .helpers
        .iter()
        .map(|id| format!("helper container {}", escape_control(id.as_ref())));
    helpers.chain(images).chain(volumes).collect()
}
