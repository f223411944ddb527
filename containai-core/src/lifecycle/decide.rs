//! The next step, and nothing else.

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
    match choose_name(observed, desired) {
        Err(refusal) => Step::Refuse(refusal),
        Ok(_) if observed.image.is_none() => Step::ProvideImage,
        Ok(name) => Step::Create { name },
    }
}

fn decide_existing(observed: &Observed, container: &Container) -> Step {
    let id = container.id.clone();
    match container.state {
        RunState::Running if container.labels.ssh_port().is_none() => {
            Step::Refuse(Refusal::NoPort { name: container.name.clone() })
        }
        RunState::Running => Step::Reach { id },
        RunState::Created | RunState::Exited if observed.key_installed => Step::Start { id },
        RunState::Created | RunState::Exited => Step::InstallKey { id },
        RunState::Paused => Step::Unpause { id },
        RunState::Restarting | RunState::Removing => {
            Step::Wait { name: container.name.clone(), state: container.state }
        }
        RunState::Dead => Step::Refuse(Refusal::Dead { name: container.name.clone() }),
    }
}

/// The first candidate that no container has. A name held by another workspace
/// of ours leads to the next candidate; a foreign container is refused, because
/// its owner may be about to use it under that name.
fn choose_name(observed: &Observed, desired: &Desired) -> Result<ContainerName, Refusal> {
    for name in desired.name.candidates() {
        let holder = observed.containers.iter().find(|container| container.name == name.as_ref());
        match holder {
            None => return Ok(name),
            Some(container) if container.labels.is_managed() => {}
            Some(container) => {
                return Err(Refusal::NotOurs { name: container.name.clone() });
            }
        }
    }
    Err(Refusal::NamesExhausted { name: desired.name.to_string() })
}
