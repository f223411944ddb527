//! The same decisions on paper.

use crate::engine::{Container, ContainerId, RunState};
use crate::label::Labels;
use crate::lifecycle::{Desired, Observed, Step, decide};
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
        Step::Wait { .. } | Step::Reach { .. } | Step::Refuse(_) => {}
    }
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
