//! Which volume is meant, and which container leads to it.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _, RunState};
use containai_core::exit;
use containai_core::lifecycle::{Observed, Refusal};
use containai_core::naming::{VolumeName, VolumeUse, WorkspacePath};

use super::super::target;
use super::command::ImportArgs;
use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::error::CliError;
use crate::ui::Ui;
use crate::workspace::{self, Caution};

/// Whose volume is meant.
pub(super) struct Target<'a> {
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
pub(super) struct Place {
    pub(super) workspace: WorkspacePath,
    pub(super) volume: VolumeName,
    /// Only when there is one, in whatever state.
    pub(super) container: Option<Container>,
}

impl<'a> Target<'a> {
    /// Reads the configuration; talks to nobody yet.
    pub(super) fn of(
        args: &ImportArgs,
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
                let path = container.labels.workspace().unwrap_or_default().to_owned();
                let workspace = WorkspacePath::new(Path::new(&path))
                    .map_err(|error| CliError::with_code(exit::NOT_OURS, error.to_string()))?;
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
    /// The container, when it runs and can be entered.
    pub(super) fn running(&self) -> Option<&Container> {
        self.container.as_ref().filter(|container| container.state == RunState::Running)
    }
}
