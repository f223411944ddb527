//! The output of `--dry-run`.

use containai_core::lifecycle::{Desired, Observed, Step};

/// One step as one line.
pub(crate) fn line(step: &Step) -> String {
    match step {
        Step::ProvideImage => "provide the image".to_owned(),
        Step::Create { name } => format!("create container {name}"),
        Step::InstallKey { .. } => "put the public key in place".to_owned(),
        Step::Start { .. } => "start the container".to_owned(),
        Step::Unpause { .. } => "wake the container".to_owned(),
        Step::Keep { .. } => "keep the file system of the container".to_owned(),
        Step::Succeed { .. } => "make a successor on another port".to_owned(),
        Step::Retire { .. } => "remove the container that has a successor".to_owned(),
        Step::Rename { name, .. } => format!("give the successor the name {name}"),
        Step::GiveUp { .. } => "remove a successor that is not needed".to_owned(),
        Step::Wait { name, state } => format!("wait while {name} is {state}"),
        Step::Reach { .. } => "open an SSH session".to_owned(),
        Step::Refuse(refusal) => format!("refuse: {refusal}"),
        step => format!("{step:?}"),
    }
}

/// The whole plan, the facts that it rests on first.
pub(crate) fn text(engine: &str, observed: &Observed, desired: &Desired, steps: &[Step]) -> String {
    let mut lines =
        vec![format!("workspace  {}", desired.workspace), format!("engine     {engine}")];
    match observed.serving(&desired.workspace).as_slice() {
        [] => lines.extend(new_container(desired, steps)),
        existing => lines.extend(
            existing
                .iter()
                .map(|container| format!("container  {} ({})", container.name, container.state)),
        ),
    }
    lines.extend(steps.iter().enumerate().map(|(n, step)| format!("{}. {}", n + 1, line(step))));
    lines.join("\n")
}

fn new_container(desired: &Desired, steps: &[Step]) -> Vec<String> {
    let created = steps.iter().find_map(|step| match step {
        Step::Create { name } => Some(name),
        _ => None,
    });
    let Some(name) = created else { return Vec::new() };
    let spec = desired.spec(name, &desired.image.to_string(), desired.ports.start());
    vec![
        format!("container  {name} (new)"),
        format!("image      {}", desired.image),
        format!("isolation  {}", desired.isolation),
        format!(
            "ssh port   the first free one from {} to {}",
            desired.ports.start(),
            desired.ports.end()
        ),
        format!("memory     {}", spec.resources.memory),
        format!("cpus       {}", spec.resources.cpus),
        format!("data       volume {} at /mnt/agent-data", spec.data_volume),
        format!("docker     volume {} at /var/lib/docker", spec.docker_volume),
    ]
}
