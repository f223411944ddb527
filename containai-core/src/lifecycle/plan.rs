//! Simulation of the steps.

use super::drive::MAX_STEPS;
use super::replace::replacement;
use super::succession::succession;
use crate::engine::{Container, ContainerId, ContainerSpec, Lifetime, RunState};
use crate::label::Labels;
use crate::lifecycle::{Desired, Kept, Observed, Step, decide};
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
        let is_reached = matches!(step, Step::Reach { .. });
        if is_reached && desired.manner.lifetime == Lifetime::Session {
            world.departing = world.made.clone();
        }
        let is_last = matches!(step, Step::Wait { .. } | Step::Refuse(_))
            || is_reached && world.departing.is_none();
        expect(&mut world, desired, &step);
        steps.push(step);
        if is_last {
            break;
        }
    }
    steps
}

/// Applies the effect of the step to the observed state.
fn expect(world: &mut Observed, desired: &Desired, step: &Step) {
    match step {
        Step::ProvideImage => world.image = Some(desired.image.to_string()),
        Step::Create { name } => create(world, desired, name),
        Step::Replace { of, name } => replace(world, desired, of, name),
        Step::Record { .. } => world.volume_recorded = true,
        Step::RemoveVolumes { .. } => world.volumes_removed = true,
        Step::Stop { id } => set_state(world, id, RunState::Exited),
        Step::InstallKey { .. } => world.key_installed = true,
        Step::Start { id } | Step::Unpause { id } => set_state(world, id, RunState::Running),
        Step::Keep { id } => {
            let of = id.clone();
            let image = of.to_string();
            world.kept = Some(Kept { last_start: String::new(), of, image });
        }
        Step::Succeed { of, name } => succeed(world, of, name),
        Step::Retire { id }
        | Step::GiveUp { id }
        | Step::Discard { id }
        | Step::FinishRestore { id } => {
            world.containers.retain(|container| container.id != *id);
        }
        Step::Rename { id, name } => {
            for container in world.containers.iter_mut().filter(|container| container.id == *id) {
                container.name = name.to_string();
            }
        }
        Step::Wait { .. } | Step::Reach { .. } | Step::Refuse(_) | Step::Done => {}
    }
}

fn succeed(world: &mut Observed, of: &ContainerId, name: &ContainerName) {
    let Some(kept) = &world.kept else { return };
    let Some(old) = world.containers.iter().find(|container| container.id == *of) else { return };
    let successor = Container {
        id: ContainerId::new(name.as_ref()),
        name: name.to_string(),
        state: RunState::Created,
        labels: succession(old, kept, name).labels,
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
    push(world, &spec);
}

fn replace(world: &mut Observed, desired: &Desired, of: &ContainerId, name: &ContainerName) {
    let Some(old) = world.containers.iter().find(|container| container.id == *of) else { return };
    let last_start = String::new();
    let spec = replacement(desired, world, old, name, desired.ports.start(), last_start.clone());
    world.last_start = Some(last_start);
    push(world, &spec);
}

fn push(world: &mut Observed, spec: &ContainerSpec) {
    let id = ContainerId::new(spec.name.as_ref());
    world.made = Some(id.clone());
    world.containers.push(Container {
        id,
        name: spec.name.to_string(),
        state: RunState::Created,
        status: String::new(),
        image: spec.image.clone(),
        labels: spec.labels().iter().collect::<Labels>(),
    });
}
