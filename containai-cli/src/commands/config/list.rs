use clap::Args;

use super::scope::ConfigScopeArgs;
use crate::app::App;
use crate::output::config::{SettingOutput, table};
use crate::output::format::{OutputFormat, print_list};

/// List all settings with their values and sources
#[derive(Debug, Default, Args)]
pub(super) struct ConfigListArgs {
    #[command(flatten)]
    area: ConfigScopeArgs,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ConfigListArgs, app: &App) -> anyhow::Result<()> {
    let scope = args.area.scope();
    let settings = scope.config(app.global.flags(), &app.env, &app.reporter).await?.list();
    let entries: Vec<_> = settings.iter().map(SettingOutput::from).collect();
    print_list(&app.ui, OutputFormat::new(args.json), &entries, |_| table(&settings), "")
}
