//! What interrupted commands left.

use containai_core::engine::OwnVolumes;
use containai_core::lifecycle::snapshot::{Leftovers, SnapshotError, abandon, clear, leftovers};
use containai_docker::DockerEngine;

use crate::host;
use crate::interruption::{Interruption, interrupted};
use crate::report::{Reporter, harmless};

/// Removes what interrupted commands left.
pub async fn mend(engine: &DockerEngine, reporter: &Reporter) -> crate::Result<()> {
    let left = leftovers(engine, host::now()).await?;
    clear(engine, &left).await?;
    for line in told(&left) {
        reporter.detail(&format!("removed {line}"));
    }
    Ok(())
}

/// Does what makes volumes. Whoever interrupts it leaves nothing of them behind.
pub async fn or_abandon<T>(
    engine: &DockerEngine,
    volumes: &OwnVolumes,
    reporter: &Reporter,
    work: impl Future<Output = Result<T, SnapshotError>>,
) -> crate::Result<T> {
    let mut interruption = Interruption::listen()?;
    let done = tokio::select! {
        done = work => done.map_err(Into::into),
        () = interruption.comes() => abandon(engine, volumes).await.map_err(Into::into).and(Err(interrupted())),
    };
    reporter.finish_work();
    done
}

/// A line for each thing.
pub fn told(left: &Leftovers) -> Vec<String> {
    let volumes =
        left.volumes.iter().map(|name| format!("volume {name} of a copy that was not finished"));
    let images = left
        .images
        .iter()
        .map(|id| format!("image {} of a snapshot that was not finished", harmless(id)));
    let helpers = left.helpers.iter().map(|id| format!("helper {}", harmless(id.as_ref())));
    helpers.chain(images).chain(volumes).collect()
}
