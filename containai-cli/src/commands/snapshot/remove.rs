use std::process::ExitCode;

use clap::Args;
use containai_core::lifecycle::snapshot::{named, plan_remove, remove, snapshots};
use containai_core::naming::SnapshotName;

use super::super::consent;
use crate::app::App;
use crate::wire;
use containai::context::Context;
use containai::snapshot::mend;

/// Remove a snapshot
///
/// Containers that were made of it stay as they are; what they need of its file
/// system goes with the last of them.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
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

pub(super) async fn run(args: &RemoveArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let all = snapshots(&engine).await?;
    let snapshot = named(&all, &args.snapshot)?;
    if args.dry_run {
        app.ui.data(&wire::snapshot::plan(&plan_remove(snapshot)))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.force {
        let question = format!("Remove snapshot {}?", wire::snapshot::described(snapshot));
        consent::require(app, &question, "nothing was removed")?;
    }
    mend(&engine, &app.reporter).await?;
    app.ui.begin_work(&format!("removing snapshot {}", snapshot.name));
    let removed = remove(&engine, snapshot).await;
    app.ui.finish_work();
    removed?;
    app.ui.say(&format!("removed snapshot {}", snapshot.name));
    Ok(ExitCode::SUCCESS)
}
