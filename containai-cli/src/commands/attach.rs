use std::process::ExitCode;

use clap::Args;
use containai::agent_session::{self, AttachOutcome};
use containai_core::agent_session::AgentSessionState;
use containai_core::exit;
use containai_core::naming::AgentSessionName;

use crate::app::App;
use crate::args::TargetArgs;

/// Attach the terminal to an agent session
///
/// Starts a stopped container, and then offers to continue the agent's conversation. Ctrl-B D
/// leaves the agent running, and `cai` exits with 0; if the agent ends, with its status. For a
/// session that has ended, prints its last lines, and exits as the agent did, with 128 + N if
/// signal N ended it.
#[derive(Debug, Args)]
pub(crate) struct AttachArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Name of the session [default: the only one that runs]
    #[arg(short = 'n', long = "session", alias = "name", value_name = "NAME")]
    session: Option<AgentSessionName>,
}

pub(crate) async fn run(args: AttachArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (_, request) = args.target.existing_session(app).await?;
    let outcome = agent_session::attach(request, args.session.as_ref(), || app.streams()).await?;
    let (session, last_lines, resume) = match outcome {
        AttachOutcome::Ended { session, last_lines, resume } => (session, last_lines, resume),
        AttachOutcome::Exited(code) => return Ok(ExitCode::from(code)),
        _ => return Ok(ExitCode::from(exit::FAILED)),
    };
    last_lines.iter().try_for_each(|line| app.ui.data(line))?;
    app.ui.say(&format!("session {} has ended: {}", session.name, session.state));
    if let Some(line) = resume {
        app.ui.say(&format!("`{line}` continues its conversation"));
    }
    Ok(ExitCode::from(match session.state {
        AgentSessionState::Ended(end) => end.code(),
        _ => exit::FAILED,
    }))
}
