use clap::Args;
use containai::agent_session;
use containai_core::naming::AgentSessionName;

use super::selected_session::running;
use crate::app::App;
use crate::args::TargetOptions;

/// Remove the record of agent sessions that have ended
///
/// The conversation is the agent's, and is kept. The container is kept as well; `cai stop --remove`
/// removes it.
#[derive(Debug, Args)]
pub(super) struct AgentSessionRemoveArgs {
    /// Names of the sessions
    #[arg(value_name = "SESSION", required = true)]
    sessions: Vec<AgentSessionName>,
    #[command(flatten)]
    target: TargetOptions,
}

pub(super) async fn run(args: AgentSessionRemoveArgs, app: &App) -> anyhow::Result<()> {
    let request = running(args.target, app).await?;
    for session in &args.sessions {
        agent_session::remove(request.clone(), session).await?;
    }
    Ok(())
}
