use clap::Args;
use containai::agent_session;

use super::selected_session::OptionalSessionArgs;
use crate::app::App;

/// Print what an agent session shows
///
/// Includes what was scrolled away, up to 10,000 lines, and what an ended session showed last.
/// Without a name and a running session, it is the one that started last.
#[derive(Debug, Args)]
pub(super) struct AgentSessionLogsArgs {
    #[command(flatten)]
    session: OptionalSessionArgs,
    /// Number of lines, from the end [default: all]
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
}

pub(super) async fn run(args: AgentSessionLogsArgs, app: &App) -> anyhow::Result<()> {
    let request = args.session.running(app).await?;
    let lines = agent_session::logs(request, args.session.session.as_ref()).await?;
    let first = lines.len().saturating_sub(args.tail.unwrap_or(usize::MAX));
    match lines[first..].join("\n") {
        text if text.is_empty() => Ok(()),
        text => app.ui.data(&text),
    }
}
