use std::path::PathBuf;

use clap::Args;
use containai_core::engine::{Container, Engine as _};
use containai_docker::DockerEngine;

use containai::context::Context;
use containai::target::{find_by_name, find_by_reference, find_by_workspace};

/// One container, by its workspace or by its name.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetArgs {
    /// The container, by its name or its workspace [default: the repository
    /// around the current directory]
    #[arg(value_name = "NAME|PATH")]
    name: Option<String>,
    /// The workspace
    #[arg(short, long, value_name = "PATH", conflicts_with = "name")]
    workspace: Option<PathBuf>,
    /// The container's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "workspace"])]
    container: Option<String>,
}

impl TargetArgs {
    /// As options have it.
    pub(crate) fn from_options(container: Option<String>, workspace: Option<PathBuf>) -> Self {
        Self { name: None, workspace, container }
    }

    /// Finds the container; it is ours, or the answer is an error.
    pub(crate) async fn find(
        &self,
        engine: &DockerEngine,
        context: &Context,
    ) -> anyhow::Result<Container> {
        self.find_among(&engine.containers().await?, context)
    }

    /// Finds the container among those of the engine.
    pub(crate) fn find_among(
        &self,
        containers: &[Container],
        context: &Context,
    ) -> anyhow::Result<Container> {
        Ok(match (&self.container, &self.workspace) {
            (Some(name), _) => find_by_name(containers.to_vec(), name)?,
            (None, Some(workspace)) => find_by_workspace(containers, Some(workspace), context)?,
            (None, None) => find_by_reference(self.name.as_deref(), containers, context)?,
        })
    }
}
