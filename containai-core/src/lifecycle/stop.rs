//! Stopping containers: first on paper, then exactly so.

use std::path::{Path, PathBuf};

use crate::engine::{Container, ContainerId, Engine, EngineError, RunState};
use crate::lifecycle::{DriveError, Observed, Refusal};
use crate::naming::{ContainerName, HostPort};
use crate::remote::Remote;

/// What is to become of a container.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It stops and stays.
    Stopped,
    /// It stops and goes; its named volumes stay.
    Removed,
}

/// One thing to do to a container. Each may be done twice without harm.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StopStep {
    /// Wait until the engine has done what it is at.
    Settle {
        /// The state it is leaving.
        state: RunState,
    },
    /// Wake it, or its systemd could not shut down.
    Unpause,
    /// Have its systemd shut down.
    Stop,
    /// Export its data volume, which nobody writes to any more.
    Export {
        /// The file to make.
        file: PathBuf,
    },
    /// Remove the successor that a run was making for it, which would take
    /// its place.
    RemoveSuccessor {
        /// The successor; it never ran.
        id: ContainerId,
    },
    /// Remove its OpenSSH configuration and host key. It comes before the
    /// removal, since nobody knows the port of a container that is gone.
    Forget {
        /// Its name.
        name: ContainerName,
        /// Its port.
        port: HostPort,
    },
    /// Remove it.
    Remove,
}

/// One container and what is done to it, in this order. What has to happen
/// while it still runs stands in front of [`StopStep::Stop`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Halt {
    /// The container as it was listed.
    pub container: Container,
    /// The steps; none when it is already as wanted.
    pub steps: Vec<StopStep>,
}

impl Halt {
    /// Whether somebody who is inside would be thrown out.
    #[must_use]
    pub fn ends_work(&self) -> bool {
        self.steps.contains(&StopStep::Stop)
    }

    /// Whether the container is gone afterwards.
    #[must_use]
    pub fn removes(&self) -> bool {
        self.steps.contains(&StopStep::Remove)
    }
}

/// Names the steps for every container of ours that was chosen; with `export`
/// its data volume goes to that file once it has stopped, and before anything
/// is removed.
///
/// # Errors
///
/// [`Refusal::NotOurs`] for a container without our label: nothing is planned
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

/// Whoever makes archives of volumes.
pub trait Exports {
    /// Why none was made.
    type Error: From<DriveError>;

    /// Makes an archive of the data volume of a container that does not run.
    fn export(
        &self,
        container: &Container,
        file: &Path,
    ) -> impl Future<Output = Result<(), Self::Error>>;
}

/// For plans without an export.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExports;

impl Exports for NoExports {
    type Error = DriveError;

    async fn export(&self, _: &Container, _: &Path) -> Result<(), DriveError> {
        Ok(())
    }
}

/// Takes the steps of one container.
///
/// # Errors
///
/// What the engine, the remote or the export answered; the steps behind it are
/// not taken.
pub async fn halt<E: Engine, R: Remote, X: Exports>(
    engine: &E,
    remote: &R,
    exports: &X,
    halt: &Halt,
) -> Result<(), X::Error> {
    let Container { id, name: called, state, .. } = &halt.container;
    // The engine may still be at the start that a run asked for which was killed
    // since, and lists it as at rest until then.
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
