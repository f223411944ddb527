//! Planning and execution of stops.

use std::path::{Path, PathBuf};

use crate::engine::{Container, ContainerId, Engine, EngineError, RunState};
use crate::lifecycle::{DriveError, Observed, Refusal};
use crate::naming::{ContainerName, HostPort};
use crate::remote::Remote;

/// The mode of a stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopMode {
    /// Stop the container and keep it.
    Stop,
    /// Stop and remove the container; its named volumes are kept.
    Remove,
}

/// A step for one container. Every step is idempotent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StopStep {
    /// Wait for the end of a state transition.
    WaitTransition {
        /// The state it is leaving.
        state: RunState,
    },
    /// Unpause the container; a paused systemd cannot shut down.
    Unpause,
    /// Shut down the container's systemd.
    Stop,
    /// Export the data volume, which has no writer after the stop.
    Export {
        /// The archive file to create.
        file: PathBuf,
    },
    /// Remove a pending replacement, which would take the container's place.
    RemoveReplacement {
        /// The replacement; it never ran.
        id: ContainerId,
    },
    /// Remove the OpenSSH configuration and host key. This precedes the removal, because
    /// the port of a removed container is unknown.
    Unregister {
        /// Its name.
        name: ContainerName,
        /// Its port.
        port: HostPort,
    },
    /// Remove the container.
    Remove,
}

/// The steps for one container, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StopPlan {
    /// The container as listed.
    pub container: Container,
    /// The steps; empty if the container is already as requested.
    pub steps: Vec<StopStep>,
}

impl StopPlan {
    /// Returns whether active sessions end.
    #[must_use]
    pub fn ends_sessions(&self) -> bool {
        self.steps.contains(&StopStep::Stop)
    }

    /// Returns whether the container is removed.
    #[must_use]
    pub fn removes(&self) -> bool {
        self.steps.contains(&StopStep::Remove)
    }
}

/// Plans the steps for the selected containers. With `export`, the data volume is
/// exported to that file after the stop and before any removal.
///
/// # Errors
///
/// [`Refusal::NotManaged`] if one of the containers is foreign; no steps are planned
/// then.
pub fn plan_stop(
    observed: &Observed,
    chosen: &[ContainerId],
    mode: StopMode,
    export: Option<&Path>,
) -> Result<Vec<StopPlan>, Refusal> {
    let is_chosen = |it: &&Container| chosen.contains(&it.id);
    let containers = || observed.containers.iter().filter(is_chosen);
    if let Some(foreign) = containers().find(|it| !it.labels.is_managed()) {
        return Err(Refusal::NotManaged { name: foreign.name.clone() });
    }
    let halt = |it: &Container| StopPlan {
        container: it.clone(),
        steps: steps(observed, it, mode, export),
    };
    Ok(containers().map(halt).collect())
}

fn steps(
    observed: &Observed,
    container: &Container,
    mode: StopMode,
    export: Option<&Path>,
) -> Vec<StopStep> {
    let mut steps = match container.state {
        RunState::Running | RunState::Restarting => vec![StopStep::Stop],
        RunState::Paused => vec![StopStep::Unpause, StopStep::Stop],
        RunState::Removing => vec![StopStep::WaitTransition { state: RunState::Removing }],
        RunState::Created | RunState::Exited | RunState::Dead => Vec::new(),
    };
    steps.extend(export.map(|file| StopStep::Export { file: file.to_owned() }));
    if mode == StopMode::Remove {
        if let Some(replacement) = observed.replacement_of(container) {
            steps.push(StopStep::RemoveReplacement { id: replacement.id.clone() });
        }
        let name = ContainerName::parse(&container.name).ok();
        if let (Some(name), Some(port)) = (name, container.labels.ssh_port()) {
            steps.push(StopStep::Unregister { name, port });
        }
        steps.push(StopStep::Remove);
    }
    steps
}

/// An exporter of data volumes.
pub trait VolumeExporter {
    /// The error of a failed export.
    type Error: From<DriveError>;

    /// Exports the data volume of a stopped container to an archive.
    fn export(
        &self,
        container: &Container,
        file: &Path,
    ) -> impl Future<Output = Result<(), Self::Error>>;
}

/// An exporter for plans without an export.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVolumeExporter;

impl VolumeExporter for NoVolumeExporter {
    type Error = DriveError;

    async fn export(&self, _: &Container, _: &Path) -> Result<(), DriveError> {
        Ok(())
    }
}

/// Executes the steps for one container.
///
/// # Errors
///
/// Errors of the engine, the remote or the export; the remaining steps are not executed.
pub async fn execute_stop<E: Engine, R: Remote, X: VolumeExporter>(
    engine: &E,
    remote: &R,
    exports: &X,
    plan: &StopPlan,
) -> Result<(), X::Error> {
    let Container { id, name: called, state, .. } = &plan.container;
    // The engine may still execute a start requested by a killed run. Until then it lists
    // the container as stopped.
    if matches!(state, RunState::Created | RunState::Exited) {
        engine.stop(id).await.map_err(drive_error)?;
    }
    for step in &plan.steps {
        match step {
            StopStep::WaitTransition { state } => {
                engine.wait_transition(called, *state).await.map_err(drive_error)?;
            }
            StopStep::Unpause => engine.unpause(id).await.map_err(drive_error)?,
            StopStep::Stop => engine.stop(id).await.map_err(drive_error)?,
            StopStep::Export { file } => exports.export(&plan.container, file).await?,
            StopStep::RemoveReplacement { id } => engine.remove(id).await.map_err(drive_error)?,
            StopStep::Unregister { name, port } => {
                remote.unregister(name, *port).await.map_err(DriveError::from)?;
            }
            StopStep::Remove => engine.remove(id).await.map_err(drive_error)?,
        }
    }
    Ok(())
}

fn drive_error(error: EngineError) -> DriveError {
    error.into()
}
