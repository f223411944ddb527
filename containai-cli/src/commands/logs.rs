use clap::{Args, ValueEnum};
use containai::logs::{self, JournalUnit, LogOptions};
use containai_docker::Follow;

use crate::app::App;
use crate::args::TargetArgs;

/// Print a container's journal
///
/// It is read through the engine, which does not need SSH. If the container is
/// stopped, its console is printed.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Wait for new lines and print them
    #[arg(short, long)]
    follow: bool,
    /// Print only lines of this service
    #[arg(long)]
    unit: Option<UnitArg>,
    /// Number of lines to print, counted from the end
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 100)]
    lines: usize,
}

/// A service of the container.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum UnitArg {
    /// The SSH server
    Ssh,
    /// The inner Docker
    Docker,
    /// The preparation of the container at its start
    Init,
}

pub(crate) async fn run(args: &LogsArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    let unit = args.unit.map(|unit| match unit {
        UnitArg::Ssh => JournalUnit::Ssh,
        UnitArg::Docker => JournalUnit::Docker,
        UnitArg::Init => JournalUnit::Init,
    });
    let follow = if args.follow { Follow::On } else { Follow::Off };
    let options = LogOptions { follow, unit, lines: args.lines };
    logs::read(&engine, &container, options, &app.reporter, |lines| app.ui.print_lines(lines))
        .await?;
    Ok(())
}
