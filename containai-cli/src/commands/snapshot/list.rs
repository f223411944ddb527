use std::process::ExitCode;

use clap::Args;
use containai_core::lifecycle::snapshot::snapshots;

use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::Ui;
use crate::wire::snapshot::{Entry, table};

/// List the snapshots that this machine has on the engine
///
/// With `--quiet`, only their names.
#[derive(Debug, Default, Args)]
pub(super) struct ListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    args: &ListArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(env, ui, global)?;
    let all = snapshots(&context.engine()?).await?;
    let entries: Vec<_> = all.iter().map(Entry::of).collect();
    if args.json {
        ui.data(&serde_json::to_string_pretty(&entries)?)?;
    } else if global.is_quiet() {
        for snapshot in &all {
            ui.data(snapshot.name.as_str())?;
        }
    } else if entries.is_empty() {
        ui.say("there is no snapshot; `cai snapshot create` makes one");
    } else {
        ui.data(&table(&entries))?;
    }
    Ok(ExitCode::SUCCESS)
}
