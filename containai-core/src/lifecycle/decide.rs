//! The next step, and nothing else.

use super::succession::{decide_pair, decide_successor, promised_name};
use crate::engine::{Container, ContainerId, RunState};
use crate::lifecycle::{Desired, Observed, Refusal};
use crate::naming::ContainerName;

/// One thing to do next. Each may be done twice without harm.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Get the image into the engine's store.
    ProvideImage,
    /// Make the container under this name, without starting it.
    Create {
        /// A name that no container has.
        name: ContainerName,
    },
    /// Put our public key where the container's sshd will look for it.
    InstallKey {
        /// The stopped container.
        id: ContainerId,
    },
    /// Start the container.
    Start {
        /// The stopped container.
        id: ContainerId,
    },
    /// Wake the container.
    Unpause {
        /// The paused container.
        id: ContainerId,
    },
    /// Keep the file system of a stopped container that has to move to another
    /// port.
    Keep {
        /// The stopped container.
        id: ContainerId,
    },
    /// Make the successor from what was kept, with the same volumes and
    /// settings, without starting it.
    Succeed {
        /// The container to be replaced.
        of: ContainerId,
        /// The successor's name for the meantime.
        name: ContainerName,
    },
    /// Remove the container that has a successor.
    Retire {
        /// The stopped container.
        id: ContainerId,
    },
    /// Give the successor the name of the container that it replaced.
    Rename {
        /// The successor.
        id: ContainerId,
        /// The name.
        name: ContainerName,
    },
    /// Remove a successor whose predecessor has gone on meanwhile.
    GiveUp {
        /// The successor; it never ran.
        id: ContainerId,
    },
    /// Look again in a moment: the engine is at work on the container.
    Wait {
        /// The container's name.
        name: String,
        /// The state it is leaving.
        state: RunState,
    },
    /// Open a session in the running container.
    Reach {
        /// The running container.
        id: ContainerId,
    },
    /// Do nothing, and say why.
    Refuse(Refusal),
}

/// Names the next step from the observed world towards the desired one.
pub fn decide(observed: &Observed, desired: &Desired) -> Step {
    if let Some(pair) = observed.pair(&desired.workspace) {
        return decide_pair(observed, pair);
    }
    match observed.serving(&desired.workspace).as_slice() {
        [] => decide_new(observed, desired),
        [container] => decide_existing(observed, container),
        several => Step::Refuse(Refusal::Ambiguous {
            workspace: desired.workspace.as_str().to_owned(),
            names: several.iter().map(|container| container.name.clone()).collect(),
        }),
    }
}

fn decide_new(observed: &Observed, desired: &Desired) -> Step {
    match choose_name(observed, &desired.name) {
        Err(refusal) => Step::Refuse(refusal),
        Ok(_) if observed.image.is_none() => Step::ProvideImage,
        Ok(name) => Step::Create { name },
    }
}

fn decide_existing(observed: &Observed, container: &Container) -> Step {
    let id = container.id.clone();
    if let Some(promised) = promised_name(container) {
        return match choose_name(&observed.without(&id), &promised) {
            Err(refusal) => Step::Refuse(refusal),
            Ok(name) => Step::Rename { id, name },
        };
    }
    match container.state {
        RunState::Running if container.labels.ssh_port().is_none() => {
            Step::Refuse(Refusal::NoPort { name: container.name.clone() })
        }
        RunState::Running => Step::Reach { id },
        RunState::Created | RunState::Exited if observed.port_lost.as_ref() == Some(&id) => {
            decide_successor(observed, container)
        }
        RunState::Created | RunState::Exited if observed.key_installed => Step::Start { id },
        RunState::Created | RunState::Exited => Step::InstallKey { id },
        RunState::Paused => Step::Unpause { id },
        RunState::Restarting | RunState::Removing => {
            Step::Wait { name: container.name.clone(), state: container.state }
        }
        RunState::Dead => Step::Refuse(Refusal::Dead { name: container.name.clone() }),
    }
}

/// The first candidate that no container has or was promised. A name held by another workspace
/// of ours leads to the next candidate; a foreign container is refused, because
/// its owner may be about to use it under that name.
fn choose_name(observed: &Observed, wanted: &ContainerName) -> Result<ContainerName, Refusal> {
    for name in wanted.candidates() {
        let holds = |it: &&Container| {
            it.name == name.as_ref() || promised_name(it).is_some_and(|promised| promised == name)
        };
        let holder = observed.containers.iter().find(holds);
        match holder {
            None => return Ok(name),
            Some(container) if container.labels.is_managed() => {}
            Some(container) => {
                return Err(Refusal::NotOurs { name: container.name.clone() });
            }
        }
    }
    Err(Refusal::NamesExhausted { name: wanted.to_string() })
}
