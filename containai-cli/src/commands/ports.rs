use clap::Args;
use containai::forward::ReconnectingContainer;
use containai::ports::list_ports;

use crate::app::App;
use crate::args::TargetArgs;
use crate::output::format::{OutputFormat, print_list};
use crate::output::ports::{PortEntry, table};

/// List the TCP ports that programs in the container listen on
///
/// The container reports them. `cai forward PORT` makes one reachable on this
/// machine, and `cai open :PORT` opens it in the browser.
#[derive(Debug, Args)]
pub(crate) struct PortsArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &PortsArgs, app: &App) -> anyhow::Result<()> {
    let context = app.context()?;
    let name = args.target.find(&context.engine()?, &context).await?.name;
    let flags = app.global.flags();
    let container = ReconnectingContainer::find(Some(&name), flags, &app.env, &app.reporter);
    let ports = list_ports(&container.await?).await?;
    let entries: Vec<_> = ports.iter().map(PortEntry::from).collect();
    print_list(
        &app.ui,
        OutputFormat::new(args.json),
        &entries,
        table,
        "no program listens on a port",
    )
}
