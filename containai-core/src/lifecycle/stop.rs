//! Stopping containers: first on paper, then exactly so.

use crate::engine::{Container, ContainerId, Engine, RunState};
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

/// Names the steps for every container of ours that was chosen.
///
/// # Errors
///
/// [`Refusal::NotOurs`] for a container without our label: nothing is planned
/// then.
pub fn plan_stop(
    observed: &Observed,
    chosen: &[ContainerId],
    fate: Fate,
) -> Result<Vec<Halt>, Refusal> {
    let is_chosen = |it: &&Container| chosen.contains(&it.id);
    let containers = || observed.containers.iter().filter(is_chosen);
    if let Some(foreign) = containers().find(|it| !it.labels.is_managed()) {
        return Err(Refusal::NotOurs { name: foreign.name.clone() });
    }
    let halt = |it: &Container| Halt { container: it.clone(), steps: steps(observed, it, fate) };
    Ok(containers().map(halt).collect())
}

fn steps(observed: &Observed, container: &Container, fate: Fate) -> Vec<StopStep> {
    let mut steps = match container.state {
        RunState::Running | RunState::Restarting => vec![StopStep::Stop],
        RunState::Paused => vec![StopStep::Unpause, StopStep::Stop],
        RunState::Removing => vec![StopStep::Settle { state: RunState::Removing }],
        RunState::Created | RunState::Exited | RunState::Dead => Vec::new(),
    };
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

/// Takes the steps of one container.
///
/// # Errors
///
/// What the engine or the remote answered; the steps behind it are not taken.
pub async fn halt<E: Engine, R: Remote>(
    engine: &E,
    remote: &R,
    halt: &Halt,
) -> Result<(), DriveError> {
    let Container { id, name: called, .. } = &halt.container;
    for step in &halt.steps {
        match step {
            StopStep::Settle { state } => engine.settle(called, *state).await?,
            StopStep::Unpause => engine.unpause(id).await?,
            StopStep::Stop => engine.stop(id).await?,
            StopStep::RemoveSuccessor { id } => engine.remove(id).await?,
            StopStep::Forget { name, port } => remote.forget(name, *port).await?,
            StopStep::Remove => engine.remove(id).await?,
        }
    }
    Ok(())
}
