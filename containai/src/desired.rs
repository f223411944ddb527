//! The container that the configuration asks for.

use containai_core::engine::Isolation;
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
    let name = ContainerName::derive(workspace, head);
    let (image, resources) = (config.image.value.clone(), config.resources(capacity));
    Desired::new(workspace.clone(), name, image, isolation, resources)
        .with_image_source(config.image_source.value)
        .with_data_volume(config.data_volume.value.clone())
        .with_ports(config.ssh_ports())
        .with_options(RunOptions::default().with_docker_volume(config.docker_volume.clone()))
        .with_client(context.client.clone())
}

/// What this machine has; right for an engine of this machine.
pub fn local_capacity() -> HostCapacity {
    host_facts::capacity()
}
