//! Whoever writes to a volume stands still while it is read.

use containai_core::engine::{Container, Engine as _, RunState};
use containai_docker::DockerEngine;

use crate::report::Reporter;
use crate::volume_target::VolumeTarget;

/// What stands still; whoever is killed meanwhile leaves it to the next command.
pub(crate) struct PausedContainers<'a> {
    engine: &'a DockerEngine,
    containers: Vec<Container>,
}

impl<'a> PausedContainers<'a> {
    /// Freezes all of ours that write to the volume, so that what is read belongs
    /// together.
    pub(crate) async fn pause(
        engine: &'a DockerEngine,
        place: &VolumeTarget,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let mut standstill = Self { engine, containers: Vec::new() };
        for user in engine.containers_mounting(&place.volume).await? {
            if user.state != RunState::Running || user.labels.is_helper() {
                continue;
            }
            if user.labels.workspace().is_none() {
                reporter
                    .warn(&format!("container {} is not ours and may write meanwhile", user.name));
                continue;
            }
            if let Err(error) = engine.pause(&user.id).await {
                standstill.unpause().await?;
                return Err(error.into());
            }
            standstill.containers.push(user);
        }
        Ok(standstill)
    }

    /// Wakes them all; an error is the first.
    pub(crate) async fn unpause(&self) -> crate::Result<()> {
        let mut first = Ok(());
        for container in &self.containers {
            first = first.and(self.engine.unpause(&container.id).await);
        }
        Ok(first?)
    }
}
