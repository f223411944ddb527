use clap::Args;
use containai::snapshot;
use containai_core::naming::SnapshotName;

use crate::app::App;
use crate::args::{TargetArgs, TargetOptions};
use crate::output::steps;

/// Create a snapshot of the workspace's container and print its name
///
/// A running container is paused during the copy, so that the snapshot is
/// consistent.
#[derive(Debug, Args)]
pub(super) struct SnapshotCreateArgs {
    /// Name of the snapshot [default: the time, such as 20260131-235959]
    #[arg(value_name = "NAME")]
    new_name: Option<SnapshotName>,
    #[command(flatten)]
    target: TargetOptions,
    /// Print the steps without executing them
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: SnapshotCreateArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let engine = context.engine()?;
    let container = TargetArgs::from(args.target).find(&engine, &context).await?;
    if args.dry_run {
        let preview = snapshot::preview_create(&engine, &container, args.new_name).await?;
        app.ui.data(&steps::numbered(&preview))?;
        return Ok(());
    }
    let snapshot = snapshot::create(&context, &engine, &container, args.new_name).await?;
    app.ui.data(snapshot.name.as_str())
}
