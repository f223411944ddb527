use std::io::{self, Read as _};

use clap::Args;
use containai::agent_session::{self, SendMode};
use containai_core::naming::AgentSessionName;

use super::selected_session::running;
use crate::app::App;
use crate::args::TargetOptions;

/// Type text into an agent session
///
/// The text is pasted, and followed by the enter key. Without TEXT, it is read from standard input.
#[derive(Debug, Args)]
pub(super) struct AgentSessionSendArgs {
    /// Name of the session
    #[arg(value_name = "SESSION")]
    session: AgentSessionName,
    /// Text, joined by blanks
    text: Vec<String>,
    #[command(flatten)]
    target: TargetOptions,
    /// Leave the text in the agent's input
    #[arg(long)]
    no_enter: bool,
}

pub(super) async fn run(args: AgentSessionSendArgs, app: &App) -> anyhow::Result<()> {
    let request = running(args.target, app).await?;
    let mut text = args.text.join(" ");
    if args.text.is_empty() {
        io::stdin().take(1 << 20).read_to_string(&mut text)?;
        text.truncate(text.trim_end_matches('\n').len());
    }
    let mode = if args.no_enter { SendMode::Paste } else { SendMode::Enter };
    Ok(agent_session::send(request, Some(&args.session), text, mode).await?)
}
