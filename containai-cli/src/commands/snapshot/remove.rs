use clap::Args;
use containai::snapshot;
use containai_core::naming::SnapshotName;

use crate::app::App;
use crate::output::steps;

/// Remove a snapshot
///
/// Containers that were created from it are kept. Layers that they share with
/// the snapshot are freed with the last of them.
#[derive(Debug, Args)]
pub(super) struct SnapshotRemoveArgs {
    /// Name of the snapshot
    #[arg(value_name = "NAME")]
    snapshot: SnapshotName,
    /// Skip the confirmation
    #[arg(long)]
    force: bool,
    /// Print the steps without executing them
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,
}

pub(super) async fn run(args: &SnapshotRemoveArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let engine = context.engine()?;
    let snapshot = snapshot::find(&engine, &args.snapshot).await?;
    if args.dry_run {
        app.ui.data(&steps::numbered(&snapshot::preview_remove(&snapshot)))?;
        return Ok(());
    }
    if !args.force {
        snapshot::confirm_remove(&snapshot, &app.reporter)?;
    }
    snapshot::remove(&engine, &snapshot, &app.reporter).await?;
    Ok(())
}
