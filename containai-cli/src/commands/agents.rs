use clap::Args;
use containai::agents::installed_agents;

use crate::app::App;
use crate::args::TargetArgs;
use crate::output::agents::{AgentEntry, table};
use crate::output::format::{OutputFormat, print_list};

/// List the agents of the workspace's container
///
/// Shows their versions, and whether each has a login or a key. Starts a stopped
/// container.
#[derive(Debug, Args)]
pub(crate) struct AgentsArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &AgentsArgs, app: &App) -> anyhow::Result<()> {
    let (container, request) = args.target.existing_session(app).await?;
    let agents = installed_agents(request, &container).await?;
    let entries: Vec<_> = agents.iter().map(AgentEntry::from).collect();
    let format = OutputFormat::new(args.json);
    print_list(&app.ui, format, &entries, table, "the container has no agent")
}
