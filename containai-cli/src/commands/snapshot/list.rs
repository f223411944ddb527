use std::process::ExitCode;

use clap::Args;
use containai_core::lifecycle::snapshot::list_snapshots;

use crate::app::App;
use crate::output::snapshot::{SnapshotEntry, table};
use containai::context::Context;

/// List the snapshots that this machine has on the engine
///
/// With `--quiet`, only their names.
#[derive(Debug, Default, Args)]
pub(super) struct SnapshotListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &SnapshotListArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let all = list_snapshots(&context.engine()?).await?;
    let entries: Vec<_> = all.iter().map(SnapshotEntry::of).collect();
    if args.json {
        app.ui.data(&serde_json::to_string_pretty(&entries)?)?;
    } else if app.global.is_quiet() {
        for snapshot in &all {
            app.ui.data(snapshot.name.as_str())?;
        }
    } else if entries.is_empty() {
        app.ui.say("there is no snapshot; `cai snapshot create` makes one");
    } else {
        app.ui.data(&table(&entries))?;
    }
    Ok(ExitCode::SUCCESS)
}
