//! The flags that shape a container when it is made.

use clap::Args;
use containai_core::byte_size::ByteSize;
use containai_core::config::{DevcontainerChoice, Flags, IsolationChoice, parse_memory};
use containai_core::engine::{ImageRequest, ImageSource};
use containai_core::naming::{AgentName, TemplateName, VolumeName};
use containai_core::resources::Cpus;

use crate::app::GlobalArgs;

/// The flags that shape a container when it is made.
#[derive(Clone, Debug, Args)]
pub(crate) struct ContainerArgs {
    /// The image of a new container, or what its template is built on: base, agents, sdks, full, or any reference [default: agents]
    #[arg(long, value_parser = parse_image)]
    image: Option<ImageRequest>,
    /// How to get an image: auto, pull, build or bootstrap
    #[arg(long, value_name = "WAY")]
    image_source: Option<ImageSource>,
    /// What keeps the container's root from being the host's: auto, sysbox or userns
    #[arg(long)]
    isolation: Option<IsolationChoice>,
    /// The template of a new container
    #[arg(long, value_name = "NAME")]
    template: Option<TemplateName>,
    /// Make a new container as the workspace's `devcontainer.json` says, or one at this path
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        conflicts_with = "template"
    )]
    devcontainer: Option<DevcontainerChoice>,
    /// The data volume, remembered for the workspace [default: one for each workspace]
    #[arg(long, value_name = "NAME")]
    data_volume: Option<VolumeName>,
    /// The memory of a new container, such as 8g [default: half of the host's]
    #[arg(long, value_parser = parse_memory)]
    memory: Option<ByteSize>,
    /// The CPUs of a new container, such as 2.5 [default: half of the host's]
    #[arg(long)]
    cpus: Option<Cpus>,
}

impl ContainerArgs {
    /// The command line's layer of the configuration.
    pub(crate) fn flags(self, agent: Option<AgentName>, global: &GlobalArgs) -> Flags {
        Flags {
            template: self.template,
            devcontainer: self.devcontainer,
            agent,
            image: self.image,
            image_source: self.image_source,
            isolation: self.isolation,
            docker_host: global.docker_host.clone(),
            data_volume: self.data_volume,
            memory: self.memory,
            cpus: self.cpus,
            mux: global.mux(),
        }
    }
}

fn parse_image(text: &str) -> Result<ImageRequest, containai_core::config::ImageReferenceError> {
    containai_core::config::parse_image(text)
}
