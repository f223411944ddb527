use clap::Args;
use containai::disk_usage;

use crate::app::App;
use crate::output::df::{DiskUsageOutput, table};
use crate::output::format::{OutputFormat, print_object};

/// Show the disk usage of ContainAI on the engine
///
/// `cai gc --images --volumes` removes what is reclaimable and old enough;
/// `cai list --size` shows the usage of each container.
#[derive(Debug, Args)]
pub(crate) struct DfArgs {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &DfArgs, app: &App) -> anyhow::Result<()> {
    let usage = disk_usage::measure(&app.context()?.engine()?).await?;
    print_object(&app.ui, OutputFormat::new(args.json), &DiskUsageOutput::from(usage), table)
}
