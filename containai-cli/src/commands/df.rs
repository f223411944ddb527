use std::process::ExitCode;

use clap::Args;
use containai::disk_usage;

use crate::app::App;
use crate::output::df::{DiskUsageOutput, table};

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

pub(crate) async fn run(args: &DfArgs, app: &App) -> anyhow::Result<ExitCode> {
    let usage = disk_usage::measure(&app.context()?.engine()?).await?;
    let output = DiskUsageOutput::from(usage);
    app.ui.data(&match args.json {
        true => serde_json::to_string_pretty(&output)?,
        false => table(&output),
    })?;
    Ok(ExitCode::SUCCESS)
}
