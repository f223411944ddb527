use std::process::ExitCode;

use clap::Args;
use containai_core::config::SettingChange;

use super::scope::{ConfigScopeArgs, data_volume_workspace};
use crate::app::App;
use containai::{user_config, workspace_store};

/// Take a setting back, for all workspaces or for one
///
/// It goes where `set` puts it. A key that no setting has is taken out too.
#[derive(Debug, Args)]
pub(super) struct ConfigUnsetArgs {
    /// The setting, such as agent.default
    key: String,
    #[command(flatten)]
    area: ConfigScopeArgs,
}

pub(super) async fn run(args: &ConfigUnsetArgs, app: &App) -> anyhow::Result<ExitCode> {
    let area = args.area.change_scope(&args.key, app).await?;
    let was_set = user_config::update(&app.env.layout, &app.reporter, |file| {
        let change = SettingChange::unset(&args.key, &area, file)?;
        anyhow::Ok(change.apply(file)?)
    })
    .await?;
    let was_remembered = match data_volume_workspace(&args.key, &area) {
        Some(workspace) => {
            workspace_store::forget_volume(&app.env.layout, &app.reporter, workspace).await?
        }
        None => false,
    };
    if !was_set && !was_remembered {
        app.ui.say(&format!("`{}` was not set there", args.key));
    }
    Ok(ExitCode::SUCCESS)
}
