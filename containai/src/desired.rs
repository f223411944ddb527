//! The container that the configuration asks for.

use containai_core::engine::{HostFacts, Isolation};
use containai_core::lifecycle::{Desired, RunOptions};
use containai_core::naming::{ContainerName, WorkspacePath};
use containai_core::resources::HostCapacity;

use crate::context::Context;
use crate::git;
use crate::host_facts;
use crate::image_selection::ImageSelection;

/// Returns the container that the configuration asks for.
pub(crate) fn desired(
    context: &Context,
    workspace: &WorkspacePath,
    image: &ImageSelection,
    isolation: Isolation,
    capacity: HostCapacity,
) -> Desired {
    let config = &context.config;
    let template = image.template.as_ref().map(ToString::to_string);
    Desired {
        workspace: workspace.clone(),
        name: ContainerName::derive(workspace, &git::head(workspace)),
        image: image.image.clone(),
        image_source: config.image_source.value,
        data_volume: config.data_volume.value.clone(),
        ports: config.ssh_ports(),
        resources: config.resources(capacity),
        isolation,
        template: template.unwrap_or_default(),
        options: RunOptions {
            docker_volume: config.docker_volume.clone(),
            mounts: image.mounts.clone(),
            ..RunOptions::default()
        },
        client: context.client.clone(),
        host: HostFacts::default(),
    }
}

/// Returns the memory and the processors of this machine, which are those of a local engine.
pub fn local_capacity() -> HostCapacity {
    host_facts::capacity()
}
