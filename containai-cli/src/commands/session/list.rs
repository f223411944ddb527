use clap::Args;
use containai::agent_session;

use crate::app::App;
use crate::args::TargetArgs;
use crate::output::agent_session::{AgentSessionEntry, table};
use crate::output::format::{OutputFormat, print_list};

/// List the agent sessions of a container
///
/// Sessions that have ended are included until they are removed, or until another one gets the
/// name. `waiting` is an agent that rang the bell while no terminal was attached. With `--quiet`,
/// prints only names.
#[derive(Debug, Default, Args)]
pub(super) struct AgentSessionListArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &AgentSessionListArgs, app: &App) -> anyhow::Result<()> {
    let (container, request) = args.target.existing_session(app).await?;
    let sessions = agent_session::list(&container, request).await?;
    if app.global.is_quiet() && !args.json {
        sessions.iter().try_for_each(|it| app.ui.data(it.name.as_str()))?;
        return Ok(());
    }
    let entries: Vec<_> = sessions.iter().map(AgentSessionEntry::of).collect();
    let empty = "no agent sessions; `cai run` starts one";
    print_list(&app.ui, OutputFormat::new(args.json), &entries, table, empty)
}
