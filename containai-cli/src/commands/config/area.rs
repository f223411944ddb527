//! For which workspaces a setting is meant.

use std::path::PathBuf;

use clap::Args;
use containai_core::config::{Area, Config, ConfigFile, FileText, Layers, SettingSpec};
use containai_core::naming::WorkspacePath;

use crate::app::App;
use crate::env::Env;
use containai::OperationError;
use containai::workspace::{self, Caution, Spot};
use containai::{settings, surroundings};

/// For which workspaces a setting is meant.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct AreaArgs {
    /// For all workspaces
    #[arg(short, long, conflicts_with = "workspace")]
    global: bool,
    /// For this workspace [default: the repository around the current directory, for settings of one workspace]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
}

impl AreaArgs {
    /// Where a change of a setting belongs; says so where that is another
    /// workspace than this directory.
    pub(super) async fn area(&self, key: &str, app: &App) -> anyhow::Result<Area> {
        let is_of_one = SettingSpec::find(key).is_some_and(SettingSpec::is_of_one_workspace);
        if self.global || (self.workspace.is_none() && !is_of_one) {
            return Ok(Area::Global);
        }
        Ok(Area::Section(self.meant(app).await?))
    }

    /// What counts where a change was made: in the workspace that was named,
    /// else around the current directory.
    pub(super) async fn config_after(&self, app: &App) -> anyhow::Result<Config> {
        let spot = self.spot(&app.env)?;
        let around =
            surroundings::around_anyway(&spot, &app.global.flags(), &app.env, &app.reporter).await;
        let workspace = around.as_ref().unwrap_or(spot.path());
        Ok(settings::resolve(&app.env, &app.reporter, app.global.flags(), Some(workspace))?)
    }

    /// What counts there.
    pub(super) async fn config(&self, app: &App) -> anyhow::Result<Config> {
        let workspace = match self.global {
            true => None,
            false => Some(self.meant(app).await?),
        };
        Ok(settings::resolve(&app.env, &app.reporter, app.global.flags(), workspace.as_ref())?)
    }

    async fn meant(&self, app: &App) -> anyhow::Result<WorkspacePath> {
        let spot = self.spot(&app.env)?;
        Ok(surroundings::meant_anyway(
            &spot,
            &app.global.flags(),
            &app.env,
            &app.reporter,
            "--workspace .",
        )
        .await)
    }

    fn spot(&self, env: &Env) -> Result<Spot, OperationError> {
        workspace::spot(self.workspace.as_deref(), env, Caution::Forced)
    }
}

/// The workspace whose data volume a change is about. What a person says of it in the
/// configuration is the last word, and nothing remembered counts before it.
pub(super) fn has_volume<'a>(key: &str, area: &'a Area) -> Option<&'a WorkspacePath> {
    match area {
        Area::Section(workspace) if key == "data_volume" => Some(workspace),
        _ => None,
    }
}

/// Refuses a file that no command could use, and says where it is wrong.
pub(super) fn check(file: &ConfigFile) -> anyhow::Result<()> {
    let (path, text) = (file.path().to_owned(), file.text().to_owned());
    Config::resolve(&Layers { user_file: Some(FileText { path, text }), ..Layers::default() })?;
    Ok(())
}
