//! Planning and execution of stops.

use std::path::{Path, PathBuf};

use crate::engine::{Container, ContainerId, Engine, EngineError, RunState};
use crate::lifecycle::{DriveError, Observed, Refusal};
use crate::naming::{ContainerName, HostPort};
use crate::remote::Remote;

/// The mode of a stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// Stop the container and keep it.
    Stopped,
    /// Stop and remove the container; its named volumes are kept.
    Removed,
}

/// A step for one container. Every step is idempotent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StopStep {
    /// Wait for the end of a state transition.
    Settle {
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
    RemoveSuccessor {
        /// The replacement; it never ran.
        id: ContainerId,
    },
    /// Remove the OpenSSH configuration and host key. This precedes the removal, because
    /// the port of a removed container is unknown.
    Forget {
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
pub struct Halt {
    /// The container as listed.
    pub container: Container,
    /// The steps; empty if the container is already as requested.
    pub steps: Vec<StopStep>,
}

impl Halt {
    /// Returns whether active sessions end.
    #[must_use]
    pub fn ends_work(&self) -> bool {
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
    fate: Fate,
    export: Option<&Path>,
) -> Result<Vec<Halt>, Refusal> {
    let is_chosen = |it: &&Container| chosen.contains(&it.id);
    let containers = || observed.containers.iter().filter(is_chosen);
    if let Some(foreign) = containers().find(|it| !it.labels.is_managed()) {
        return Err(Refusal::NotOurs { name: foreign.name.clone() });
    }
    let halt =
        |it: &Container| Halt { container: it.clone(), steps: steps(observed, it, fate, export) };
    Ok(containers().map(halt).collect())
}

fn steps(
    observed: &Observed,
    container: &Container,
    fate: Fate,
    export: Option<&Path>,
) -> Vec<StopStep> {
    let mut steps = match container.state {
        RunState::Running | RunState::Restarting => vec![StopStep::Stop],
        RunState::Paused => vec![StopStep::Unpause, StopStep::Stop],
        RunState::Removing => vec![StopStep::Settle { state: RunState::Removing }],
        RunState::Created | RunState::Exited | RunState::Dead => Vec::new(),
    };
    steps.extend(export.map(|file| StopStep::Export { file: file.to_owned() }));
    if fate == Fate::Removed {
        if let Some(successor) = observed.successor_of(container) {
            steps.push(StopStep::RemoveSuccessor { id: successor.id.clone() });
        }
        let name = ContainerName::parse(&container.name).ok();
        if let (Some(name), Some(port)) = (name, container.labels.ssh_port()) {
            steps.push(StopStep::Forget { name, port });
        }
        steps.push(StopStep::Remove);
    }
    steps
}

/// An exporter of data volumes.
pub trait Exports {
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
pub struct NoExports;

impl Exports for NoExports {
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
pub async fn halt<E: Engine, R: Remote, X: Exports>(
    engine: &E,
    remote: &R,
    exports: &X,
    halt: &Halt,
) -> Result<(), X::Error> {
    let Container { id, name: called, state, .. } = &halt.container;
    // The engine may still execute a start requested by a killed run. Until then it lists
    // the container as stopped.
    if matches!(state, RunState::Created | RunState::Exited) {
        engine.stop(id).await.map_err(from)?;
    }
    for step in &halt.steps {
        match step {
            StopStep::Settle { state } => engine.settle(called, *state).await.map_err(from)?,
            StopStep::Unpause => engine.unpause(id).await.map_err(from)?,
            StopStep::Stop => engine.stop(id).await.map_err(from)?,
            StopStep::Export { file } => exports.export(&halt.container, file).await?,
            StopStep::RemoveSuccessor { id } => engine.remove(id).await.map_err(from)?,
            StopStep::Forget { name, port } => {
                remote.forget(name, *port).await.map_err(DriveError::from)?;
            }
            StopStep::Remove => engine.remove(id).await.map_err(from)?,
        }
    }
    Ok(())
}

fn from(error: EngineError) -> DriveError {
    error.into()
}
