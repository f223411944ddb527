//! The container that the configuration asks for.

use containai_core::engine::{HostFacts, Isolation};
use containai_core::lifecycle::{Desired, RunOptions};
use containai_core::naming::{ContainerName, GitHead, WorkspacePath};
use containai_core::resources::HostCapacity;

use crate::context::Context;
use crate::host_facts;

/// The container that the configuration asks for; `head` is part of its name.
pub(crate) fn desired(
    context: &Context,
    workspace: &WorkspacePath,
    head: &GitHead,
    isolation: Isolation,
    capacity: HostCapacity,
) -> Desired {
    let config = &context.config;
    Desired {
        workspace: workspace.clone(),
        name: ContainerName::derive(workspace, head),
        image: config.image.value.clone(),
        image_source: config.image_source.value,
        data_volume: config.data_volume.value.clone(),
        ports: config.ssh_ports(),
        resources: config.resources(capacity),
        isolation,
        template: String::new(),
        options: RunOptions {
            docker_volume: config.docker_volume.clone(),
            ..RunOptions::default()
        },
        client: context.client.clone(),
        host: HostFacts::default(),
    }
}

/// What this machine has; right for an engine of this machine.
pub fn local_capacity() -> HostCapacity {
    host_facts::capacity()
}
