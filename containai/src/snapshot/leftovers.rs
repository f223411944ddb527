//! What interrupted commands left.

use containai_core::engine::ContainerVolumes;
use containai_core::lifecycle::snapshot::{
    SnapshotError, SnapshotLeftovers, find_leftovers, remove_leftovers, roll_back,
};
use containai_docker::DockerEngine;

use crate::host_facts;
use crate::report::{Reporter, escape_control};
use crate::signals::{ShutdownSignal, interrupted_error};

/// Removes what interrupted commands left.
pub async fn prune_leftovers(engine: &DockerEngine, reporter: &Reporter) -> crate::Result<()> {
    let left = find_leftovers(engine, host_facts::now()).await?;
    remove_leftovers(engine, &left).await?;
    for line in describe(&left) {
        reporter.detail(&format!("removed {line}"));
    }
    Ok(())
}

/// Does what makes volumes. Whoever interrupts it leaves nothing of them behind.
pub async fn remove_on_failure<T>(
    engine: &DockerEngine,
    volumes: &ContainerVolumes,
    reporter: &Reporter,
    work: impl Future<Output = Result<T, SnapshotError>>,
) -> crate::Result<T> {
    let mut interruption = ShutdownSignal::listen_for(reporter)?;
    let done = tokio::select! {
        done = work => done.map_err(Into::into),
        () = interruption.received() => roll_back(engine, volumes).await.map_err(Into::into).and(Err(interrupted_error())),
    };
    reporter.finish_work();
    done
}

/// A line for each thing.
pub fn describe(left: &SnapshotLeftovers) -> Vec<String> {
    let volumes =
        left.volumes.iter().map(|name| format!("volume {name} of a copy that was not finished"));
    let images = left
        .images
        .iter()
        .map(|id| format!("image {} of a snapshot that was not finished", escape_control(id)));
    let helpers = left.helpers.iter().map(|id| format!("helper {}", escape_control(id.as_ref())));
    helpers.chain(images).chain(volumes).collect()
}
