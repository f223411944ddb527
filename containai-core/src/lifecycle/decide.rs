//! The decision on the next step.

use super::port_migration::{decide_port_migration, final_name, resume_replacement};
use super::replacement::{
    decide_recreate, decide_stale_replacement, decide_teardown, decide_volume_record,
};
use super::restore::decide_restore;
use crate::engine::{Container, Lifetime, RunState};
use crate::lifecycle::{Desired, Observed, Refusal, Step, Strength};
use crate::naming::{ContainerName, VolumeName, VolumeUse};

/// Decides on the next step from the observed state towards the desired state.
pub fn decide(observed: &Observed, desired: &Desired) -> Step {
    if let Some(id) = &observed.ending {
        return decide_teardown(observed, desired, id);
    }
    if let Some(pair) = observed.pending_replacement(&desired.workspace) {
        let stray = decide_stale_replacement(observed, desired, pair);
        return stray.unwrap_or_else(|| resume_replacement(observed, pair));
    }
    match observed.serving(&desired.workspace).as_slice() {
        [] => decide_create(observed, desired),
        [container] => match find_mismatch(observed, desired, container) {
            Some(refusal) => Step::Refuse(refusal),
            None => decide_existing(observed, desired, container),
        },
        several => Step::Refuse(Refusal::Ambiguous {
            workspace: desired.workspace.as_str().to_owned(),
            names: several.iter().map(|container| container.name.clone()).collect(),
        }),
    }
}

fn decide_create(observed: &Observed, desired: &Desired) -> Step {
    let name = match desired.options.name {
        Strength::Preferred => choose_name(observed, &desired.name),
        Strength::Required => require_exact_name(observed, &desired.name),
    };
    match name {
        Err(refusal) => Step::Refuse(refusal),
        Ok(_) if observed.image.is_none() => Step::EnsureImage,
        Ok(name) => decide_volume_record(observed, desired).unwrap_or(Step::Create { name }),
    }
}

/// Returns the mismatch between the workspace's container and the required options.
fn find_mismatch(observed: &Observed, desired: &Desired, container: &Container) -> Option<Refusal> {
    let Desired { name, data_volume, options: run_options, .. } = desired;
    let is_named = container.name == name.as_ref()
        || final_name(container).is_some_and(|promised| promised == *name);
    if run_options.name == Strength::Required && !is_named {
        let (has, requested) = (container.name.clone(), name.to_string());
        return Some(Refusal::NameMismatch { actual: has, requested });
    }
    if desired.replaces(container) {
        return None;
    }
    let name = container.name.clone();
    let has = container.labels.data_volume();
    if run_options.data_volume == Strength::Required && *data_volume != has {
        let text = |volume: &Option<VolumeName>| {
            volume.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        return Some(Refusal::VolumeMismatch {
            name,
            actual: text(&has),
            requested: text(data_volume),
        });
    }
    let is_made = observed.created.as_ref() == Some(&container.id);
    let lasts = run_options.lifetime == Lifetime::Session && !is_made;
    lasts.then_some(Refusal::AlreadyExists { name })
}

fn decide_existing(observed: &Observed, desired: &Desired, container: &Container) -> Step {
    let id = container.id.clone();
    if let Some(promised) = final_name(container) {
        if let Some(volume) = volume_to_record(observed, desired, container) {
            return Step::RecordDataVolume { volume };
        }
        if let Some(volumes) = volumes_to_remove(observed, desired, container) {
            return Step::RemoveVolumes { volumes };
        }
        return match choose_name(&observed.without(&id), &promised) {
            Err(refusal) => Step::Refuse(refusal),
            Ok(name) => Step::Rename { id, name },
        };
    }
    if desired.replaces(container) {
        return decide_recreate(observed, container);
    }
    let is_stopped = matches!(container.state, RunState::Created | RunState::Exited);
    if let Some(step) = decide_restore(observed, container).filter(|_| is_stopped) {
        return step;
    }
    match container.state {
        RunState::Running if container.labels.ssh_port().is_none() => {
            Step::Refuse(Refusal::NoPort { name: container.name.clone() })
        }
        // Only a start publishes the port, or another one if it is still in use.
        RunState::Running if must_restart(observed, desired, container) => Step::Stop { id },
        RunState::Running => Step::Connect { id },
        RunState::Created | RunState::Exited if observed.port_conflict.as_ref() == Some(&id) => {
            decide_port_migration(observed, container)
        }
        RunState::Created | RunState::Exited if observed.is_provisioned => Step::Start { id },
        RunState::Created | RunState::Exited => Step::Provision { id },
        RunState::Paused => Step::Unpause { id },
        RunState::Restarting | RunState::Removing => {
            Step::Wait { name: container.name.clone(), state: container.state }
        }
        RunState::Dead => Step::Refuse(Refusal::Dead { name: container.name.clone() }),
    }
}

/// Whether the running container has lost its port, and was not restarted for it by this run.
fn must_restart(observed: &Observed, desired: &Desired, container: &Container) -> bool {
    let is_lost =
        container.has_lost_port || desired.options.lost_port.as_ref() == Some(&container.id);
    is_lost && observed.stopped_without_port.as_ref() != Some(&container.id)
}

/// Returns the volume that a container created from a snapshot brings to its workspace.
/// It is recorded before the container gets its final name.
fn volume_to_record(
    observed: &Observed,
    desired: &Desired,
    container: &Container,
) -> Option<VolumeName> {
    let is_new = container.labels.has_new_volume() && !observed.is_volume_recorded;
    let volume = container.labels.data_volume().filter(|_| is_new)?;
    (!desired.is_default_data_volume(&volume)).then_some(volume)
}

/// Returns the volumes that only the replaced container used. They are removed before the
/// container gets its final name; afterwards its labels are no longer trusted, because a
/// volume of the same name may be another one.
fn volumes_to_remove(
    observed: &Observed,
    desired: &Desired,
    container: &Container,
) -> Option<Vec<VolumeName>> {
    let Desired { workspace, client, .. } = desired;
    let data = container.labels.data_volume().filter(|_| !observed.are_replaced_volumes_removed)?;
    let kept = [data.docker_beside(workspace, client.as_ref()), data];
    let is_ours = |volume: &VolumeName| {
        let uses = [VolumeUse::Data, VolumeUse::Docker];
        uses.into_iter().any(|what| volume.belongs_to(workspace, client.as_ref(), what))
    };
    let mut volumes = container.labels.replaced_volumes();
    volumes.retain(|volume| is_ours(volume) && !kept.contains(volume));
    (!volumes.is_empty()).then_some(volumes)
}

/// Returns the exact requested name if it is unused.
pub(super) fn require_exact_name(
    observed: &Observed,
    requested: &ContainerName,
) -> Result<ContainerName, Refusal> {
    let chosen = choose_name(observed, requested)?;
    if chosen == *requested {
        return Ok(chosen);
    }
    let holder = observed.containers.iter().find(|it| it.name == requested.as_ref());
    let workspace = holder.and_then(|it| it.labels.workspace()).unwrap_or_default().to_owned();
    Err(Refusal::OtherWorkspace { name: requested.to_string(), workspace })
}

/// Returns the first candidate that no container has or will get. A name of another
/// managed workspace is skipped. A foreign container is refused, because its owner may be
/// about to use it under that name.
pub(super) fn choose_name(
    observed: &Observed,
    requested: &ContainerName,
) -> Result<ContainerName, Refusal> {
    for name in requested.candidates() {
        let holds = |it: &&Container| {
            it.name == name.as_ref() || final_name(it).is_some_and(|promised| promised == name)
        };
        let holder = observed.containers.iter().find(holds);
        match holder {
            None => return Ok(name),
            Some(container) if container.labels.is_managed() => {}
            Some(container) => {
                return Err(Refusal::NotManaged { name: container.name.clone() });
            }
        }
    }
    Err(Refusal::NamesExhausted { name: requested.to_string() })
}
