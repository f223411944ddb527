use std::process::ExitCode;

use clap::Args;
use containai_core::lifecycle::snapshot::{find_snapshot, list_snapshots, plan_remove, remove};
use containai_core::naming::SnapshotName;

use super::super::confirm;
use crate::app::App;
use crate::output;
use containai::context::Context;
use containai::snapshot::prune_leftovers;

/// Remove a snapshot
///
/// Containers that were made of it stay as they are; what they need of its file
/// system goes with the last of them.
#[derive(Debug, Args)]
pub(super) struct SnapshotRemoveArgs {
    /// The snapshot
    #[arg(value_name = "NAME")]
    snapshot: SnapshotName,
    /// Do not ask
    #[arg(long)]
    force: bool,
    /// Print what would be done, and do nothing
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
}

pub(super) async fn run(args: &SnapshotRemoveArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let all = list_snapshots(&engine).await?;
    let snapshot = find_snapshot(&all, &args.snapshot)?;
    if args.dry_run {
        app.ui.data(&output::snapshot::plan(&plan_remove(snapshot)))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.force {
        let question = format!("Remove snapshot {}?", output::snapshot::describe(snapshot));
        confirm::require_confirmation(app, &question, "nothing was removed")?;
    }
    prune_leftovers(&engine, &app.reporter).await?;
    app.ui.start_progress(&format!("removing snapshot {}", snapshot.name));
    let removed = remove(&engine, snapshot).await;
    app.ui.finish_progress();
    removed?;
    app.ui.say(&format!("removed snapshot {}", snapshot.name));
    Ok(ExitCode::SUCCESS)
}
