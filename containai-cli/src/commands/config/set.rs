use clap::Args;

use super::scope::ConfigScopeArgs;
use crate::app::App;

/// Set a setting for all workspaces or for one
///
/// Settings of a single workspace, such as data_volume, are set for the
/// workspace; others for all workspaces, unless `--workspace` names one.
/// Comments and order of the file are kept. Warns if a value of higher
/// precedence, such as an environment variable, shadows the new one.
#[derive(Debug, Args)]
pub(super) struct ConfigSetArgs {
    /// Setting, such as agent.default
    key: String,
    /// Value, or several values or a TOML array for a list; a value that begins with
    /// a hyphen goes after `--`
    #[arg(required = true)]
    value: Vec<String>,
    #[command(flatten)]
    area: ConfigScopeArgs,
}

pub(super) async fn run(args: &ConfigSetArgs, app: &App) -> anyhow::Result<()> {
    let (scope, flags) = (args.area.scope(), app.global.flags());
    containai::config::set(&args.key, &args.value, &scope, flags, &app.env, &app.reporter).await?;
    Ok(())
}
