//! The options of a new container.

use clap::Args;
use containai_core::byte_size::ByteSize;
use containai_core::config::{
    DevcontainerChoice, Flags, IsolationChoice, parse_image, parse_memory,
};
use containai_core::engine::{ImageRequest, ImageSource, RestartPolicy};
use containai_core::naming::{AgentName, TemplateName, VolumeName};
use containai_core::resources::Cpus;

use crate::global_args::GlobalArgs;

/// The options of a new container.
#[derive(Clone, Debug, Args)]
pub(crate) struct ContainerArgs {
    /// Image of a new container, or base of its template: base, agents, sdks, full, or any reference [default: agents]
    #[arg(long, value_parser = |text: &str| parse_image(text))]
    image: Option<ImageRequest>,
    /// Source of a missing image: auto, pull, build or bootstrap
    #[arg(long, value_name = "SOURCE")]
    image_source: Option<ImageSource>,
    /// Isolation of the container's root from the host's: auto, sysbox or userns
    #[arg(long)]
    isolation: Option<IsolationChoice>,
    /// Template of a new container
    #[arg(long, value_name = "NAME")]
    template: Option<TemplateName>,
    /// Create a new container from the workspace's `devcontainer.json`, or from the file at PATH
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on",
        conflicts_with = "template"
    )]
    devcontainer: Option<DevcontainerChoice>,
    /// Data volume, remembered for the workspace [default: one per workspace]
    #[arg(long, value_name = "NAME")]
    data_volume: Option<VolumeName>,
    /// Memory of a new container, such as 8g [default: half of the host's]
    #[arg(long, value_parser = parse_memory)]
    memory: Option<ByteSize>,
    /// CPUs of a new container, such as 2.5 [default: half of the host's]
    #[arg(long)]
    cpus: Option<Cpus>,
    /// Start the container with the engine, as after a reboot: no or unless-stopped [default: no]
    #[arg(long, value_name = "POLICY")]
    restart: Option<RestartPolicy>,
}

impl ContainerArgs {
    /// Returns the command line's layer of the configuration.
    pub(crate) fn flags(self, agent: Option<AgentName>, global: &GlobalArgs) -> Flags {
        let mut flags = global.flags();
        flags.template = self.template;
        flags.devcontainer = self.devcontainer;
        flags.agent = agent;
        flags.image = self.image;
        flags.image_source = self.image_source;
        flags.isolation = self.isolation;
        flags.data_volume = self.data_volume;
        flags.memory = self.memory;
        flags.cpus = self.cpus;
        flags.restart = self.restart;
        flags
    }
}
