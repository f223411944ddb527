use clap::Args;
use containai::statistics;

use crate::app::App;
use crate::output::format::{OutputFormat, print_list};
use crate::output::stats::{StatisticsEntry, table};

/// Show the resource usage of all running containers
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &StatsArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let running = statistics::running(&context.engine()?).await?;
    let entries: Vec<_> = running.iter().map(StatisticsEntry::from).collect();
    let format = OutputFormat::new(args.json);
    print_list(&app.ui, format, &entries, table, "no container is running")?;
    if entries.iter().any(StatisticsEntry::is_incomplete) {
        app.ui.warn("some values are unknown: the engine did not respond in time");
    }
    Ok(())
}
