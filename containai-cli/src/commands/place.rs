//! Which volume is meant, and which container leads to it.

use std::path::{Path, PathBuf};

use clap::Args;
use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _, Isolation, RunState};
use containai_core::exit;
use containai_core::lifecycle::{Observed, Refusal};
use containai_core::naming::{VolumeName, VolumeUse, WorkspacePath};
use containai_docker::{DockerEngine, Mounted};

use super::target::{self, missing};
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// A volume, by the workspace or the container that it is for.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlaceArgs {
    /// The workspace [default: the repository around the current directory]
    pub(super) path: Option<PathBuf>,
    /// The workspace, as an option
    #[arg(short, long, value_name = "PATH", conflicts_with = "path")]
    pub(super) workspace: Option<PathBuf>,
    /// The container's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["path", "workspace"])]
    pub(super) container: Option<String>,
    /// The volume, if it is not the workspace's own
    #[arg(long, value_name = "NAME", value_parser = VolumeName::parse, conflicts_with = "container")]
    pub(super) data_volume: Option<VolumeName>,
}

/// Whose volume is meant.
pub(crate) struct Target<'a> {
    pub(super) context: Context<'a>,
    /// The volume that was named.
    volume: Option<VolumeName>,
    wanted: Wanted,
}

enum Wanted {
    Container(String),
    Workspace(WorkspacePath),
}

/// A volume, and the container that has it mounted.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(super) workspace: WorkspacePath,
    pub(super) volume: VolumeName,
    /// Only when there is one, in whatever state.
    pub(super) container: Option<Container>,
}

impl<'a> Target<'a> {
    /// Reads the configuration; talks to nobody yet.
    pub(super) fn of(
        args: &PlaceArgs,
        global: &Global,
        env: &'a Env,
        ui: &'a Ui,
    ) -> anyhow::Result<Self> {
        let volume = args.data_volume.clone();
        let flags = Flags {
            docker_host: global.docker_host.clone(),
            data_volume: volume.clone(),
            ..Flags::default()
        };
        if let Some(name) = &args.container {
            let context = Context::new(env, ui, flags, None)?;
            return Ok(Self { context, volume, wanted: Wanted::Container(name.clone()) });
        }
        let given = args.path.as_deref().or(args.workspace.as_deref());
        let workspace = workspace::find(given, env, Caution::Forced)?;
        let context = Context::new(env, ui, flags, Some(&workspace))?;
        Ok(Self { context, volume, wanted: Wanted::Workspace(workspace) })
    }

    /// Finds the volume and its container as they are now.
    pub(super) async fn place(&self) -> anyhow::Result<Place> {
        let containers = self.context.engine()?.containers().await?;
        match &self.wanted {
            Wanted::Container(name) => {
                let container = target::by_name(containers, name)?;
                let workspace = workspace_in(&container)?;
                self.place_of(workspace, vec![container])
            }
            Wanted::Workspace(workspace) => {
                let observed = Observed { containers, ..Observed::default() };
                let serving = observed.serving(workspace).into_iter().cloned().collect();
                self.place_of(workspace.clone(), serving)
            }
        }
    }

    fn place_of(
        &self,
        workspace: WorkspacePath,
        mut serving: Vec<Container>,
    ) -> anyhow::Result<Place> {
        if serving.len() > 1 {
            let names = serving.into_iter().map(|container| container.name).collect();
            return Err(Refusal::Ambiguous { workspace: workspace.to_string(), names }.into());
        }
        let mut container = serving.pop();
        let mounted = container.as_ref().and_then(|container| container.labels.data_volume());
        let configured = self.context.config.data_volume.value.clone();
        let volume = match (self.volume.clone(), mounted) {
            (Some(named), mounted) => {
                // Another volume than the container's is reached without it.
                if mounted.is_some_and(|mounted| mounted != named) {
                    container = None;
                }
                named
            }
            (None, Some(mounted)) => mounted,
            (None, None) => configured.unwrap_or_else(|| {
                VolumeName::of(&workspace, self.context.client.as_ref(), VolumeUse::Data)
            }),
        };
        Ok(Place { workspace, volume, container })
    }
}

impl Place {
    /// Finds it; talks to the engine.
    pub(super) async fn find<'a>(
        args: &PlaceArgs,
        global: &Global,
        env: &'a Env,
        ui: &'a Ui,
    ) -> anyhow::Result<(Context<'a>, Self)> {
        let target = Target::of(args, global, env, ui)?;
        let place = target.place().await?;
        Ok((target.context, place))
    }

    /// The container, when it runs and can be entered.
    pub(super) fn running(&self) -> Option<&Container> {
        self.container.as_ref().filter(|container| container.state == RunState::Running)
    }

    /// The volume of a container.
    pub(super) fn of_container(container: &Container) -> anyhow::Result<Self> {
        let workspace = workspace_in(container)?;
        let volume = container.labels.data_volume().ok_or_else(|| {
            missing(&format!("container `{}` does not say which volume it has", container.name))
        })?;
        Ok(Self { workspace, volume, container: Some(container.clone()) })
    }

    /// The image of the container; without one the configured image, which is
    /// provided where needed.
    pub(super) async fn image(
        &self,
        context: &Context<'_>,
        engine: &DockerEngine,
    ) -> anyhow::Result<String> {
        if let Some(container) = &self.container {
            return Ok(container.image.clone());
        }
        let (image, source) = (&context.config.image, context.config.image_source.value);
        Ok(match engine.find_image(&image.value).await? {
            Some(found) => found,
            None => engine.provide_image(&image.value, source, context.ui).await?,
        })
    }

    /// The volume for a helper made of this image.
    pub(super) async fn mounted<'p>(
        &'p self,
        image: &'p str,
        context: &Context<'_>,
        engine: &DockerEngine,
    ) -> anyhow::Result<Mounted<'p>> {
        let label = self.container.as_ref().and_then(|it| it.labels.isolation());
        let recorded = context.record.as_ref().map(|record| record.isolation);
        let isolation: Isolation = match label.or(recorded) {
            Some(isolation) => isolation,
            None => {
                let choice = context.config.isolation.value;
                containai_docker::isolation::detect(engine, choice).await?
            }
        };
        Ok(Mounted { volume: &self.volume, workspace: &self.workspace, image, isolation })
    }
}

/// The workspace of a container.
pub(crate) fn workspace_in(container: &Container) -> Result<WorkspacePath, CliError> {
    let path = container.labels.workspace().unwrap_or_default();
    WorkspacePath::new(Path::new(path))
        .map_err(|error| CliError::with_code(exit::NOT_OURS, error.to_string()))
}
