use std::path::PathBuf;

use clap::Args;
use containai_core::engine::{Container, Engine as _};
use containai_docker::DockerEngine;

use containai::context::Context;
use containai::target::{by_name, by_workspace, named};

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
    pub(crate) fn of(container: Option<String>, workspace: Option<PathBuf>) -> Self {
        Self { name: None, workspace, container }
    }

    /// Finds the container; it is ours, or the answer is an error.
    pub(crate) async fn find(
        &self,
        engine: &DockerEngine,
        context: &Context,
    ) -> anyhow::Result<Container> {
        self.pick(&engine.containers().await?, context)
    }

    /// Finds the container among those of the engine.
    pub(crate) fn pick(
        &self,
        containers: &[Container],
        context: &Context,
    ) -> anyhow::Result<Container> {
        Ok(match (&self.container, &self.workspace) {
            (Some(name), _) => by_name(containers.to_vec(), name)?,
            (None, Some(workspace)) => by_workspace(containers, Some(workspace), context)?,
            (None, None) => named(self.name.as_deref(), containers, context)?,
        })
    }
}
