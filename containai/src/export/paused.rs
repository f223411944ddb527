//! Pausing the containers that write to a volume while it is read.

use containai_core::engine::{Container, Engine as _, RunState};
use containai_docker::DockerEngine;

use crate::report::Reporter;
use crate::volume_target::VolumeTarget;

/// The paused containers of a volume. If the process is killed, the next command unpauses them.
pub(crate) struct PausedContainers<'a> {
    engine: &'a DockerEngine,
    containers: Vec<Container>,
}

impl<'a> PausedContainers<'a> {
    /// Pauses all managed containers that mount the volume, so that the export is consistent.
    pub(crate) async fn pause(
        engine: &'a DockerEngine,
        target: &VolumeTarget,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let mut paused = Self { engine, containers: Vec::new() };
        for container in engine.containers_mounting(&target.volume).await? {
            if container.state != RunState::Running || container.labels.is_helper() {
                continue;
            }
            if container.labels.workspace().is_none() {
                reporter.warn(&format!(
                    "container `{}` is not managed by ContainAI and may write to the volume during the export",
                    container.name
                ));
                continue;
            }
            if let Err(error) = engine.pause(&container.id).await {
                paused.unpause().await?;
                return Err(error.into());
            }
            paused.containers.push(container);
        }
        Ok(paused)
    }

    /// Unpauses all of them; returns the first error.
    pub(crate) async fn unpause(&self) -> crate::Result<()> {
        let mut first = Ok(());
        for container in &self.containers {
            first = first.and(self.engine.unpause(&container.id).await);
        }
        Ok(first?)
    }
}
