//! Simulation of the steps.

use super::drive::MAX_STEPS;
use super::port_migration::migration_spec;
use super::replacement_steps::recreation_spec;
use crate::engine::{Container, ContainerId, ContainerSpec, Lifetime, RunState};
use crate::label::Labels;
use crate::lifecycle::{CommittedImage, Desired, Observed, Step, decide};
use crate::naming::ContainerName;

/// Returns the steps that [`drive()`](crate::lifecycle::drive()) would take if each
/// succeeded and nothing else changed the engine. The last one is [`Step::Connect`],
/// [`Step::Wait`] or [`Step::Refuse`]. For an ephemeral container, the steps of
/// [`teardown_ephemeral()`](crate::lifecycle::teardown_ephemeral()) follow.
pub fn plan(observed: &Observed, desired: &Desired) -> Vec<Step> {
    let mut simulated = observed.clone();
    let mut steps = Vec::new();
    while steps.len() < MAX_STEPS {
        let step = decide(&simulated, desired);
        if step == Step::Done {
            break;
        }
        let is_reached = matches!(step, Step::Connect { .. });
        if is_reached && desired.options.lifetime == Lifetime::Session {
            simulated.ending = simulated.created.clone();
        }
        let is_last = matches!(step, Step::Wait { .. } | Step::Refuse(_))
            || is_reached && simulated.ending.is_none();
        apply(&mut simulated, desired, &step);
        steps.push(step);
        if is_last {
            break;
        }
    }
    steps
}

/// Applies the effect of the step to the observed state.
fn apply(simulated: &mut Observed, desired: &Desired, step: &Step) {
    match step {
        Step::EnsureImage => simulated.image = Some(desired.image.to_string()),
        Step::Create { name } => create(simulated, desired, name),
        Step::Recreate { of, name } => recreate(simulated, desired, of, name),
        Step::RecordDataVolume { .. } => simulated.is_volume_recorded = true,
        Step::RemoveVolumes { .. } => simulated.are_replaced_volumes_removed = true,
        Step::Stop { id } => {
            simulated.stopped_without_port = Some(id.clone());
            set_state(simulated, id, RunState::Exited);
        }
        Step::Provision { .. } => simulated.is_provisioned = true,
        Step::Start { id } | Step::Unpause { id } => set_state(simulated, id, RunState::Running),
        Step::Commit { id } => {
            let of = id.clone();
            let image = of.to_string();
            simulated.committed = Some(CommittedImage { last_start: String::new(), of, image });
        }
        Step::CreateReplacement { of, name } => create_replacement(simulated, of, name),
        Step::RemoveReplaced { id }
        | Step::RemoveReplacement { id }
        | Step::RemoveEphemeral { id }
        | Step::FinishRestore { id } => {
            simulated.containers.retain(|container| container.id != *id);
        }
        Step::Rename { id, name } => {
            for container in simulated.containers.iter_mut().filter(|container| container.id == *id)
            {
                container.name = name.to_string();
            }
        }
        Step::Wait { .. } | Step::Connect { .. } | Step::Refuse(_) | Step::Done => {}
    }
}

fn create_replacement(simulated: &mut Observed, of: &ContainerId, name: &ContainerName) {
    let Some(kept) = &simulated.committed else { return };
    let Some(old) = simulated.containers.iter().find(|container| container.id == *of) else {
        return;
    };
    let replacement = Container {
        id: ContainerId::new(name.as_ref()),
        name: name.to_string(),
        state: RunState::Created,
        labels: migration_spec(old, kept, name).labels,
        ..old.clone()
    };
    simulated.last_start = Some(kept.last_start.clone());
    simulated.containers.push(replacement);
}

fn set_state(simulated: &mut Observed, id: &ContainerId, state: RunState) {
    for container in simulated.containers.iter_mut().filter(|container| container.id == *id) {
        container.state = state;
        container.has_lost_port = false;
    }
}

fn create(simulated: &mut Observed, desired: &Desired, name: &ContainerName) {
    let spec = desired.spec(simulated, name, desired.ports.start());
    push_container(simulated, &spec);
}

fn recreate(simulated: &mut Observed, desired: &Desired, of: &ContainerId, name: &ContainerName) {
    let Some(old) = simulated.containers.iter().find(|container| container.id == *of) else {
        return;
    };
    let last_start = String::new();
    let spec =
        recreation_spec(desired, simulated, old, name, desired.ports.start(), last_start.clone());
    simulated.last_start = Some(last_start);
    push_container(simulated, &spec);
}

fn push_container(simulated: &mut Observed, spec: &ContainerSpec) {
    let id = ContainerId::new(spec.name.as_ref());
    simulated.created = Some(id.clone());
    simulated.containers.push(
        Container::new(id, spec.name.to_string(), RunState::Created)
            .with_image(spec.image.clone())
            .with_labels(spec.labels().iter().collect::<Labels>()),
    );
}
