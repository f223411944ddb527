use clap::Args;

use super::scope::ConfigScopeArgs;
use crate::app::App;

/// Remove a setting for all workspaces or for one
///
/// The scope is chosen as by `cai config set`. Unknown keys are removed, too.
#[derive(Debug, Args)]
pub(super) struct ConfigUnsetArgs {
    /// Setting, such as agent.default
    key: String,
    #[command(flatten)]
    area: ConfigScopeArgs,
}

pub(super) async fn run(args: &ConfigUnsetArgs, app: &App) -> anyhow::Result<()> {
    let (scope, flags) = (args.area.scope(), app.global.flags());
    if !containai::config::unset(&args.key, &scope, &flags, &app.env, &app.reporter).await? {
        app.ui.say(&format!("`{}` was not set there", args.key));
    }
    Ok(())
}
