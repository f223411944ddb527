use std::process::ExitCode;

use clap::Args;
use containai_core::config::Change;

use super::area::{AreaArgs, check, has_volume};
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;
use crate::{records, user_config};

/// Set a setting, for all workspaces or for one
///
/// A setting of one workspace, such as data_volume, is set for the workspace;
/// the others for all of them, unless one is named. Comments and order stay.
/// A place that counts before the file is told where it has a value, too.
#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// The setting, such as agent.default
    key: String,
    /// Its value; the items of a list one after the other
    #[arg(required = true, allow_hyphen_values = true)]
    value: Vec<String>,
    #[command(flatten)]
    area: AreaArgs,
}

pub(super) async fn run(
    args: &SetArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let values: Vec<&str> = args.value.iter().map(String::as_str).collect();
    let area = args.area.area(&args.key, global, env, ui).await?;
    let change = Change::set(&args.key, &values, &area)?;
    user_config::edit(&env.layout, ui, |file| {
        change.apply(file)?;
        check(file)
    })
    .await?;
    if let Some(workspace) = has_volume(&args.key, &area) {
        records::forget_volume(&env.layout, ui, workspace).await?;
    }
    ui.detail(&format!("set `{}` in `{}`", args.key, env.layout.config_file().display()));
    let config = args.area.config_after(global, env, ui).await?;
    if let Some(overridden) = change.overridden(&config) {
        ui.warn(&overridden.to_string());
    }
    Ok(ExitCode::SUCCESS)
}
