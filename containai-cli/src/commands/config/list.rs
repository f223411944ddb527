use std::process::ExitCode;

use clap::Args;

use super::scope::ConfigScopeArgs;
use crate::app::App;
use crate::output::config::{SettingOutput, table};

/// List every setting with its value and where that comes from
#[derive(Debug, Default, Args)]
pub(super) struct ConfigListArgs {
    #[command(flatten)]
    area: ConfigScopeArgs,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ConfigListArgs, app: &App) -> anyhow::Result<ExitCode> {
    let list = args.area.config_in_scope(app).await?.list();
    let text = match args.json {
        true => {
            let values: Vec<SettingOutput> = list.iter().map(SettingOutput::from).collect();
            serde_json::to_string_pretty(&values)?
        }
        false => table(&list),
    };
    app.ui.data(&text)?;
    Ok(ExitCode::SUCCESS)
}
