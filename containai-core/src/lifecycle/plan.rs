//! The same decisions on paper.

use super::succession::succession;
use crate::engine::{Container, ContainerId, RunState};
use crate::label::Labels;
use crate::lifecycle::{Desired, Kept, Observed, Step, decide};
use crate::naming::ContainerName;

/// The steps that [`crate::lifecycle::drive()`] would take if each of them
/// worked and nobody interfered. The last one is [`Step::Reach`],
/// [`Step::Wait`] or [`Step::Refuse`].
pub fn plan(observed: &Observed, desired: &Desired) -> Vec<Step> {
    let mut world = observed.clone();
    let mut steps = Vec::new();
    loop {
        let step = decide(&world, desired);
        let is_last = matches!(step, Step::Reach { .. } | Step::Wait { .. } | Step::Refuse(_));
        expect(&mut world, desired, &step);
        steps.push(step);
        if is_last {
            return steps;
        }
    }
}

/// Changes the world as the step would.
fn expect(world: &mut Observed, desired: &Desired, step: &Step) {
    match step {
        Step::ProvideImage => world.image = Some(desired.image.to_string()),
        Step::Create { name } => world.containers.push(fresh(desired, name)),
        Step::InstallKey { .. } => world.key_installed = true,
        Step::Start { id } | Step::Unpause { id } => {
            for container in world.containers.iter_mut().filter(|container| container.id == *id) {
                container.state = RunState::Running;
            }
        }
        Step::Keep { id } => {
            let of = id.clone();
            let image = of.to_string();
            world.kept = Some(Kept { last_start: String::new(), of, image });
        }
        Step::Succeed { of, name } => succeed(world, of, name),
        Step::Retire { id } | Step::GiveUp { id } => {
            world.containers.retain(|container| container.id != *id);
        }
        Step::Rename { id, name } => {
            for container in world.containers.iter_mut().filter(|container| container.id == *id) {
                container.name = name.to_string();
            }
        }
        Step::Wait { .. } | Step::Reach { .. } | Step::Refuse(_) => {}
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

fn fresh(desired: &Desired, name: &ContainerName) -> Container {
    let spec = desired.spec(name, &desired.image.to_string(), desired.ports.start());
    Container {
        id: ContainerId::new(name.as_ref()),
        name: name.to_string(),
        state: RunState::Created,
        status: String::new(),
        image: spec.image.clone(),
        labels: spec.labels().iter().collect::<Labels>(),
    }
}
