use std::process::ExitCode;

use clap::Args;
use containai_core::config::SettingChange;

use super::scope::{ConfigScopeArgs, check_file, data_volume_workspace};
use crate::app::App;
use containai::{user_config, workspace_store};

/// Set a setting, for all workspaces or for one
///
/// A setting of one workspace, such as data_volume, is set for the workspace;
/// the others for all of them, unless one is named. Comments and order stay.
/// A place that counts before the file is told where it has a value, too.
#[derive(Debug, Args)]
pub(super) struct ConfigSetArgs {
    /// The setting, such as agent.default
    key: String,
    /// Its value; the items of a list one after the other
    #[arg(required = true, allow_hyphen_values = true)]
    value: Vec<String>,
    #[command(flatten)]
    area: ConfigScopeArgs,
}

pub(super) async fn run(args: &ConfigSetArgs, app: &App) -> anyhow::Result<ExitCode> {
    let values: Vec<&str> = args.value.iter().map(String::as_str).collect();
    let area = args.area.change_scope(&args.key, app).await?;
    let change = SettingChange::set(&args.key, &values, &area)?;
    user_config::update(&app.env.layout, &app.reporter, |file| {
        change.apply(file)?;
        check_file(file)
    })
    .await?;
    if let Some(workspace) = data_volume_workspace(&args.key, &area) {
        workspace_store::forget_volume(&app.env.layout, &app.reporter, workspace).await?;
    }
    app.ui.verbose(&format!("set `{}` in `{}`", args.key, app.env.layout.config_file().display()));
    let config = args.area.config_after_change(app).await?;
    if let Some(overridden) = change.shadowed(&config) {
        app.ui.warn(&overridden.to_string());
    }
    Ok(ExitCode::SUCCESS)
}
