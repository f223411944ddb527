//! For which workspaces a setting is meant.

use std::path::PathBuf;

use clap::Args;
use containai_core::config::{
    ChangeTarget, Config, ConfigFile, ConfigLayers, FileText, SettingSpec,
};
use containai_core::naming::WorkspacePath;

use crate::app::App;
use crate::env::Env;
use containai::OperationError;
use containai::workspace::{self, ProtectedPathUse, WorkspaceRef};
use containai::{enclosing_workspace, settings};

/// For which workspaces a setting is meant.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigScopeArgs {
    /// For all workspaces
    #[arg(short, long, conflicts_with = "workspace")]
    global: bool,
    /// For this workspace [default: the repository around the current directory, for settings of one workspace]
    #[arg(short, long, value_name = "PATH")]
    workspace: Option<PathBuf>,
}

impl ConfigScopeArgs {
    /// Where a change of a setting belongs; says so where that is another
    /// workspace than this directory.
    pub(super) async fn change_scope(&self, key: &str, app: &App) -> anyhow::Result<ChangeTarget> {
        let is_of_one = SettingSpec::find(key).is_some_and(SettingSpec::is_per_workspace);
        if self.global || (self.workspace.is_none() && !is_of_one) {
            return Ok(ChangeTarget::Global);
        }
        Ok(ChangeTarget::Section(self.resolve_workspace(app).await?))
    }

    /// What counts where a change was made: in the workspace that was named,
    /// else around the current directory.
    pub(super) async fn config_after_change(&self, app: &App) -> anyhow::Result<Config> {
        let spot = self.workspace_ref(&app.env)?;
        let around =
            enclosing_workspace::find_offline(&spot, &app.global.flags(), &app.env, &app.reporter)
                .await;
        let workspace = around.as_ref().unwrap_or(spot.path());
        Ok(settings::resolve(&app.env, &app.reporter, app.global.flags(), Some(workspace))?)
    }

    /// What counts there.
    pub(super) async fn config_in_scope(&self, app: &App) -> anyhow::Result<Config> {
        let workspace = match self.global {
            true => None,
            false => Some(self.resolve_workspace(app).await?),
        };
        Ok(settings::resolve(&app.env, &app.reporter, app.global.flags(), workspace.as_ref())?)
    }

    async fn resolve_workspace(&self, app: &App) -> anyhow::Result<WorkspacePath> {
        let spot = self.workspace_ref(&app.env)?;
        Ok(enclosing_workspace::resolve_offline(
            &spot,
            &app.global.flags(),
            &app.env,
            &app.reporter,
            "--workspace .",
        )
        .await)
    }

    fn workspace_ref(&self, env: &Env) -> Result<WorkspaceRef, OperationError> {
        workspace::find_ref(self.workspace.as_deref(), env, ProtectedPathUse::Allow)
    }
}

/// The workspace whose data volume a change is about. What a person says of it in the
/// configuration is the last word, and nothing remembered counts before it.
pub(super) fn data_volume_workspace<'a>(
    key: &str,
    area: &'a ChangeTarget,
) -> Option<&'a WorkspacePath> {
    match area {
        ChangeTarget::Section(workspace) if key == "data_volume" => Some(workspace),
        _ => None,
    }
}

/// Refuses a file that no command could use, and says where it is wrong.
pub(super) fn check_file(file: &ConfigFile) -> anyhow::Result<()> {
    let (path, text) = (file.path().to_owned(), file.text().to_owned());
    Config::resolve(&ConfigLayers {
        user_file: Some(FileText { path, text }),
        ..ConfigLayers::default()
    })?;
    Ok(())
}
