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

/// A volume, and the container that has it mounted.
pub(super) struct Place {
    pub(super) workspace: WorkspacePath,
    pub(super) volume: VolumeName,
    /// Only when there is one, in whatever state.
    pub(super) container: Option<Container>,
}

impl Place {
    /// Finds it; talks to the engine.
    pub(super) async fn find<'a>(
        args: &ImportArgs,
        global: &Global,
        env: &'a Env,
        ui: &'a Ui,
    ) -> anyhow::Result<(Context<'a>, Self)> {
        let flags = Flags {
            docker_host: global.docker_host.clone(),
            data_volume: args.data_volume.clone(),
            ..Flags::default()
        };
        if let Some(name) = &args.container {
            let context = Context::new(env, ui, flags, None)?;
            let container = target::by_name(context.engine()?.containers().await?, name)?;
            let path = container.labels.workspace().unwrap_or_default().to_owned();
            let workspace = WorkspacePath::new(Path::new(&path))
                .map_err(|error| CliError::with_code(exit::NOT_OURS, error.to_string()))?;
            let place = Self::of(workspace, &context, vec![container], args)?;
            return Ok((context, place));
        }
        let given = args.path.as_deref().or(args.workspace.as_deref());
        let workspace = workspace::find(given, env, Caution::Forced)?;
        let context = Context::new(env, ui, flags, Some(&workspace))?;
        let containers = context.engine()?.containers().await?;
        let observed = Observed { containers, ..Observed::default() };
        let serving = observed.serving(&workspace).into_iter().cloned().collect();
        let place = Self::of(workspace, &context, serving, args)?;
        Ok((context, place))
    }

    /// The container, when it runs and can be entered.
    pub(super) fn running(&self) -> Option<&Container> {
        self.container.as_ref().filter(|container| container.state == RunState::Running)
    }

    fn of(
        workspace: WorkspacePath,
        context: &Context<'_>,
        mut serving: Vec<Container>,
        args: &ImportArgs,
    ) -> anyhow::Result<Self> {
        if serving.len() > 1 {
            let names = serving.into_iter().map(|container| container.name).collect();
            return Err(Refusal::Ambiguous { workspace: workspace.to_string(), names }.into());
        }
        let mut container = serving.pop();
        let mounted = container.as_ref().and_then(|container| container.labels.data_volume());
        let configured = context.config.data_volume.value.clone();
        let volume = match (args.data_volume.clone(), mounted) {
            (Some(named), mounted) => {
                // Another volume than the container's is reached without it.
                if mounted.is_some_and(|mounted| mounted != named) {
                    container = None;
                }
                named
            }
            (None, Some(mounted)) => mounted,
            (None, None) => configured.unwrap_or_else(|| {
                VolumeName::of(&workspace, context.client.as_ref(), VolumeUse::Data)
            }),
        };
        Ok(Self { workspace, volume, container })
    }
}
