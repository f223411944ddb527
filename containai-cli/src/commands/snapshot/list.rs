use clap::Args;
use containai_core::lifecycle::snapshot::list_snapshots;

use crate::app::App;
use crate::output::format::{OutputFormat, print_list};
use crate::output::snapshot::{SnapshotEntry, table};

/// List the snapshots that this machine has on the engine
///
/// With `--quiet`, only their names are printed.
#[derive(Debug, Default, Args)]
pub(super) struct SnapshotListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &SnapshotListArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let snapshots = list_snapshots(&context.engine()?).await?;
    if app.global.is_quiet() && !args.json {
        snapshots.iter().try_for_each(|snapshot| app.ui.data(snapshot.name.as_str()))?;
        return Ok(());
    }
    let entries: Vec<_> = snapshots.iter().map(SnapshotEntry::of).collect();
    let empty = "no snapshots; create one with `cai snapshot create`";
    print_list(&app.ui, OutputFormat::new(args.json), &entries, table, empty)
}
