//! Whoever writes to a volume stands still while it is read.

use containai_core::engine::{Container, Engine as _, RunState};
use containai_docker::DockerEngine;

use crate::place::Place;
use crate::report::Reporter;

/// What stands still; whoever is killed meanwhile leaves it to the next command.
pub(crate) struct Standstill<'a> {
    engine: &'a DockerEngine,
    frozen: Vec<Container>,
}

impl<'a> Standstill<'a> {
    /// Freezes all of ours that write to the volume, so that what is read belongs
    /// together.
    pub(crate) async fn begin(
        engine: &'a DockerEngine,
        place: &Place,
        reporter: &Reporter,
    ) -> crate::Result<Self> {
        let mut standstill = Self { engine, frozen: Vec::new() };
        for user in engine.users_of(&place.volume).await? {
            if user.state != RunState::Running || user.labels.is_helper() {
                continue;
            }
            if user.labels.workspace().is_none() {
                reporter
                    .warn(&format!("container {} is not ours and may write meanwhile", user.name));
                continue;
            }
            if let Err(error) = engine.freeze(&user.id).await {
                standstill.end().await?;
                return Err(error.into());
            }
            standstill.frozen.push(user);
        }
        Ok(standstill)
    }

    /// Wakes them all; an error is the first.
    pub(crate) async fn end(&self) -> crate::Result<()> {
        let mut first = Ok(());
        for container in &self.frozen {
            first = first.and(self.engine.unpause(&container.id).await);
        }
        Ok(first?)
    }
}
