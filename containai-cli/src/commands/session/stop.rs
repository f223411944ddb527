use clap::Args;
use containai::agent_session;

use super::selected_session::OptionalSessionArgs;
use crate::app::App;

/// End the agent of a session
///
/// Sends SIGTERM, and SIGKILL after ten seconds. Prints the session's name.
#[derive(Debug, Args)]
pub(super) struct AgentSessionStopArgs {
    #[command(flatten)]
    session: OptionalSessionArgs,
}

pub(super) async fn run(args: AgentSessionStopArgs, app: &App) -> anyhow::Result<()> {
    let request = args.session.running(app).await?;
    let name = agent_session::stop(request, args.session.session.as_ref()).await?;
    app.ui.data(name.as_str())
}
