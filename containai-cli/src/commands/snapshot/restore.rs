use clap::Args;
use containai::confirm::ConfirmationMode;
use containai::snapshot::{self, RestoreRequest};
use containai_core::naming::SnapshotName;

use crate::app::App;
use crate::output::steps;

/// Restore the container of a snapshot
///
/// Replaces the container's file system, data volume, and inner Docker's data
/// once the copies from the snapshot are complete. Volumes that other containers
/// use are kept. Name, port, workspace and resource limits stay the same. A
/// container that was running is started again; a removed one is recreated.
#[derive(Debug, Args)]
pub(super) struct SnapshotRestoreArgs {
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

pub(super) async fn run(args: &SnapshotRestoreArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let snapshot = snapshot::find(&context.engine()?, &args.snapshot).await?;
    let confirmation = ConfirmationMode::unless(args.force);
    let flags = app.global.flags();
    let request = RestoreRequest::new(&snapshot, confirmation, flags, &app.env, &app.reporter)?;
    match args.dry_run {
        true => app.ui.data(&steps::numbered(&request.preview().await?))?,
        false => request.run().await?,
    }
    Ok(())
}
