use std::process::ExitCode;

use clap::Args;

use super::area::AreaArgs;
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;
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

pub(super) async fn run(
    args: &ListArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let list = args.area.config(global, env, ui).await?.list();
    let text = match args.json {
        true => {
            let values: Vec<Value> = list.iter().map(Value::from).collect();
            serde_json::to_string_pretty(&values)?
        }
        false => table(&list),
    };
    ui.data(&text)?;
    Ok(ExitCode::SUCCESS)
}
