//! The next step, and nothing else.

use super::outgoing::{decide_departure, decide_outgoing, decide_record, decide_stray};
use super::restore::decide_restore;
use super::succession::{decide_pair, decide_successor, promised_name};
use crate::engine::{Container, ContainerId, Lifetime, RunState};
use crate::lifecycle::{Claim, Desired, Observed, Refusal};
use crate::naming::{ContainerName, VolumeName, VolumeUse};

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
    /// Bring an interrupted restore of the data volume to its end, or take it
    /// back.
    FinishRestore {
        /// The helper that was interrupted.
        id: ContainerId,
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
    /// Record which data volume the workspace has from now on.
    Record {
        /// The volume.
        volume: VolumeName,
    },
    /// Remove the volumes of the container that was replaced. What is in use
    /// stays.
    RemoveVolumes {
        /// The volumes.
        volumes: Vec<VolumeName>,
    },
    /// Ask the container to shut down.
    Stop {
        /// The running container.
        id: ContainerId,
    },
    /// Make a container in the place of another, with the same volumes and
    /// nothing else of it, without starting it.
    Replace {
        /// The container that is to go.
        of: ContainerId,
        /// The new one's name for the meantime.
        name: ContainerName,
    },
    /// Remove a container that was made for one session, and the volumes that
    /// were made with it.
    Discard {
        /// The stopped container.
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
    /// Nothing is left to do after the session.
    Done,
    /// Do nothing, and say why.
    Refuse(Refusal),
}

/// Names the next step from the observed world towards the desired one.
pub fn decide(observed: &Observed, desired: &Desired) -> Step {
    if let Some(id) = &observed.departing {
        return decide_departure(observed, desired, id);
    }
    if let Some(pair) = observed.pair(&desired.workspace) {
        let stray = decide_stray(observed, desired, pair);
        return stray.unwrap_or_else(|| decide_pair(observed, pair));
    }
    match observed.serving(&desired.workspace).as_slice() {
        [] => decide_new(observed, desired),
        [container] => match objection(observed, desired, container) {
            Some(refusal) => Step::Refuse(refusal),
            None => decide_existing(observed, desired, container),
        },
        several => Step::Refuse(Refusal::Ambiguous {
            workspace: desired.workspace.as_str().to_owned(),
            names: several.iter().map(|container| container.name.clone()).collect(),
        }),
    }
}

fn decide_new(observed: &Observed, desired: &Desired) -> Step {
    let name = match desired.manner.name {
        Claim::Preferred => choose_name(observed, &desired.name),
        Claim::Insisted => the_name(observed, &desired.name),
    };
    match name {
        Err(refusal) => Step::Refuse(refusal),
        Ok(_) if observed.image.is_none() => Step::ProvideImage,
        Ok(name) => decide_record(observed, desired).unwrap_or(Step::Create { name }),
    }
}

/// Why the workspace's container is not the one that was asked for.
fn objection(observed: &Observed, desired: &Desired, container: &Container) -> Option<Refusal> {
    let Desired { name, data_volume, manner, .. } = desired;
    let is_named = container.name == name.as_ref()
        || promised_name(container).is_some_and(|promised| promised == *name);
    if manner.name == Claim::Insisted && !is_named {
        let (has, wanted) = (container.name.clone(), name.to_string());
        return Some(Refusal::OtherName { has, wanted });
    }
    if desired.dismisses(container) {
        return None;
    }
    let name = container.name.clone();
    let has = container.labels.data_volume();
    if manner.data_volume == Claim::Insisted && *data_volume != has {
        let text = |volume: &Option<VolumeName>| {
            volume.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        return Some(Refusal::OtherVolume { name, has: text(&has), wanted: text(data_volume) });
    }
    let is_made = observed.made.as_ref() == Some(&container.id);
    let lasts = manner.lifetime == Lifetime::Session && !is_made;
    lasts.then_some(Refusal::InTheWay { name })
}

fn decide_existing(observed: &Observed, desired: &Desired, container: &Container) -> Step {
    let id = container.id.clone();
    if let Some(promised) = promised_name(container) {
        if let Some(volume) = volume_to_record(observed, desired, container) {
            return Step::Record { volume };
        }
        if let Some(volumes) = volumes_to_remove(observed, desired, container) {
            return Step::RemoveVolumes { volumes };
        }
        return match choose_name(&observed.without(&id), &promised) {
            Err(refusal) => Step::Refuse(refusal),
            Ok(name) => Step::Rename { id, name },
        };
    }
    if desired.dismisses(container) {
        return decide_outgoing(observed, container);
    }
    let is_stopped = matches!(container.state, RunState::Created | RunState::Exited);
    if let Some(step) = decide_restore(observed, container).filter(|_| is_stopped) {
        return step;
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

/// The volume that a container of a snapshot brings to its workspace. Whoever
/// gives it its name has recorded the volume before.
fn volume_to_record(
    observed: &Observed,
    desired: &Desired,
    container: &Container,
) -> Option<VolumeName> {
    let is_new = container.labels.has_new_volume() && !observed.volume_recorded;
    let volume = container.labels.data_volume().filter(|_| is_new)?;
    (!desired.has_own(&volume)).then_some(volume)
}

/// What a container of a snapshot leaves nobody else. Whoever gives it its name
/// has removed that before, so that nothing is believed of it afterwards: a volume
/// of such a name may be another one then.
fn volumes_to_remove(
    observed: &Observed,
    desired: &Desired,
    container: &Container,
) -> Option<Vec<VolumeName>> {
    let Desired { workspace, client, .. } = desired;
    let data = container.labels.data_volume().filter(|_| !observed.volumes_removed)?;
    let kept = [data.docker_beside(workspace, client.as_ref()), data];
    let is_ours = |volume: &VolumeName| {
        let uses = [VolumeUse::Data, VolumeUse::Docker];
        uses.into_iter().any(|what| volume.is_of(workspace, client.as_ref(), what))
    };
    let mut volumes = container.labels.replaced_volumes();
    volumes.retain(|volume| is_ours(volume) && !kept.contains(volume));
    (!volumes.is_empty()).then_some(volumes)
}

/// The very name that was asked for, if nobody has it.
pub(super) fn the_name(
    observed: &Observed,
    wanted: &ContainerName,
) -> Result<ContainerName, Refusal> {
    let chosen = choose_name(observed, wanted)?;
    if chosen == *wanted {
        return Ok(chosen);
    }
    let holder = observed.containers.iter().find(|it| it.name == wanted.as_ref());
    let workspace = holder.and_then(|it| it.labels.workspace()).unwrap_or_default().to_owned();
    Err(Refusal::OtherWorkspace { name: wanted.to_string(), workspace })
}

/// The first candidate that no container has or was promised. A name held by another workspace
/// of ours leads to the next candidate; a foreign container is refused, because
/// its owner may be about to use it under that name.
pub(super) fn choose_name(
    observed: &Observed,
    wanted: &ContainerName,
) -> Result<ContainerName, Refusal> {
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
