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
    let mut world = observed.clone();
    let mut steps = Vec::new();
    while steps.len() < MAX_STEPS {
        let step = decide(&world, desired);
        if step == Step::Done {
            break;
        }
        let is_reached = matches!(step, Step::Connect { .. });
        if is_reached && desired.options.lifetime == Lifetime::Session {
            world.ending = world.created.clone();
        }
        let is_last = matches!(step, Step::Wait { .. } | Step::Refuse(_))
            || is_reached && world.ending.is_none();
        apply(&mut world, desired, &step);
        steps.push(step);
        if is_last {
            break;
        }
    }
    steps
}

/// Applies the effect of the step to the observed state.
fn apply(world: &mut Observed, desired: &Desired, step: &Step) {
    match step {
        Step::EnsureImage => world.image = Some(desired.image.to_string()),
        Step::Create { name } => create(world, desired, name),
        Step::Recreate { of, name } => recreate(world, desired, of, name),
        Step::RecordDataVolume { .. } => world.is_volume_recorded = true,
        Step::RemoveVolumes { .. } => world.are_replaced_volumes_removed = true,
        Step::Stop { id } => set_state(world, id, RunState::Exited),
        Step::Provision { .. } => world.is_provisioned = true,
        Step::Start { id } | Step::Unpause { id } => set_state(world, id, RunState::Running),
        Step::Commit { id } => {
            let of = id.clone();
            let image = of.to_string();
            world.committed = Some(CommittedImage { last_start: String::new(), of, image });
        }
        Step::CreateReplacement { of, name } => create_replacement(world, of, name),
        Step::RemoveReplaced { id }
        | Step::RemoveReplacement { id }
        | Step::RemoveEphemeral { id }
        | Step::FinishRestore { id } => {
            world.containers.retain(|container| container.id != *id);
        }
        Step::Rename { id, name } => {
            for container in world.containers.iter_mut().filter(|container| container.id == *id) {
                container.name = name.to_string();
            }
        }
        Step::Wait { .. } | Step::Connect { .. } | Step::Refuse(_) | Step::Done => {}
    }
}

fn create_replacement(world: &mut Observed, of: &ContainerId, name: &ContainerName) {
    let Some(kept) = &world.committed else { return };
    let Some(old) = world.containers.iter().find(|container| container.id == *of) else { return };
    let successor = Container {
        id: ContainerId::new(name.as_ref()),
        name: name.to_string(),
        state: RunState::Created,
        labels: migration_spec(old, kept, name).labels,
        ..old.clone()
    };
    world.last_start = Some(kept.last_start.clone());
    world.containers.push(successor);
}

fn set_state(world: &mut Observed, id: &ContainerId, state: RunState) {
    for container in world.containers.iter_mut().filter(|container| container.id == *id) {
        container.state = state;
    }
}

fn create(world: &mut Observed, desired: &Desired, name: &ContainerName) {
    let spec = desired.spec(world, name, desired.ports.start());
    push_container(world, &spec);
}

fn recreate(world: &mut Observed, desired: &Desired, of: &ContainerId, name: &ContainerName) {
    let Some(old) = world.containers.iter().find(|container| container.id == *of) else { return };
    let last_start = String::new();
    let spec =
        recreation_spec(desired, world, old, name, desired.ports.start(), last_start.clone());
    world.last_start = Some(last_start);
    push_container(world, &spec);
}

fn push_container(world: &mut Observed, spec: &ContainerSpec) {
    let id = ContainerId::new(spec.name.as_ref());
    world.created = Some(id.clone());
    world.containers.push(Container {
        id,
        name: spec.name.to_string(),
        state: RunState::Created,
        status: String::new(),
        image: spec.image.clone(),
        labels: spec.labels().iter().collect::<Labels>(),
    });
}
