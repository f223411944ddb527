use std::process::ExitCode;

use clap::Args;

use super::area::AreaArgs;
use crate::app::App;
use crate::wire::config::{Value, table};

/// List every setting with its value and where that comes from
#[derive(Debug, Default, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    area: AreaArgs,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &ListArgs, app: &App) -> anyhow::Result<ExitCode> {
    let list = args.area.config(app).await?.list();
    let text = match args.json {
        true => {
            let values: Vec<Value> = list.iter().map(Value::from).collect();
            serde_json::to_string_pretty(&values)?
        }
        false => table(&list),
    };
    app.ui.data(&text)?;
    Ok(ExitCode::SUCCESS)
}
