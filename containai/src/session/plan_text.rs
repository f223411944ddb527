//! The text of a session's plan.

use std::fmt;

use containai_core::engine::ContainerSpec;
use containai_core::lifecycle::Desired;

use super::SessionPlan;
use crate::lifecycle_plan::{describe_step, planned_container};

/// The facts, then the numbered steps, one a line.
impl fmt::Display for SessionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, observed, desired, steps, notes, devcontainer, set_up } = self;
        let mut lines: Vec<_> = set_up.iter().map(|set_up| format!("set-up\n{set_up}")).collect();
        lines.push(format!("workspace  {}", desired.workspace));
        lines.push(format!("engine     {engine}"));
        for container in observed.serving(&desired.workspace) {
            lines.push(format!("container  {} ({})", container.name, container.state));
        }
        let new = planned_container(observed, desired, steps);
        lines.extend(new.iter().flat_map(|spec| new_container_lines(spec, desired)));
        lines.extend(devcontainer.iter().map(|(name, value)| format!("{name:<10} {value}")));
        lines.extend(notes.iter().map(|note| format!("note       {note}")));
        let steps = steps.iter().map(|step| describe_step(step).1).enumerate();
        lines.extend(steps.map(|(index, text)| format!("{}. {text}", index + 1)));
        f.write_str(&lines.join("\n"))
    }
}

fn new_container_lines(spec: &ContainerSpec, desired: &Desired) -> Vec<String> {
    let volume = |name: Option<String>| match name {
        Some(name) => format!("volume {name}"),
        None => "a volume that is removed with it".to_owned(),
    };
    let data = volume(spec.data_volume.as_ref().map(ToString::to_string));
    let docker = volume(spec.docker_volume.as_ref().map(ToString::to_string));
    let ephemeral = if spec.labels().is_ephemeral() { ", ephemeral" } else { "" };
    let (first, last) = (desired.ports.start().get(), desired.ports.end().get());
    let mut lines = vec![
        format!("container  {} (new{ephemeral})", spec.name),
        format!("image      {}", desired.image),
        format!("isolation  {}", desired.isolation),
        format!("ssh port   the first free port from {first} to {last}"),
        format!("memory     {}", spec.resources.memory),
        format!("cpus       {}", spec.resources.cpus),
        format!("restart    {}", spec.restart),
        format!("data       {data} at /mnt/agent-data"),
        format!("docker     {docker} at /var/lib/docker"),
    ];
    if !desired.template.is_empty() {
        lines.push(format!("template   {}", desired.template));
    }
    lines.extend(spec.repository.iter().map(|it| {
        let path = &it.common_dir;
        format!("repository {path}, objects read-only; references of its own")
    }));
    lines.extend(spec.mounts.iter().map(|mount| format!("mount      {mount}")));
    lines
}
