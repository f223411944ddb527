use std::process::ExitCode;

use clap::Args;
use containai::agent_session::{self, WaitOutcome};
use containai_core::exit;

use super::selected_session::OptionalSessionArgs;
use crate::app::App;

/// Wait until an agent session ends or waits for you
///
/// An agent waits for you if it rang the bell while no terminal was attached. Then notifies you as
/// the setting `session.notify` says. Exits as the agent did, or with 0 if it waits.
#[derive(Debug, Args)]
pub(super) struct AgentSessionWaitArgs {
    #[command(flatten)]
    session: OptionalSessionArgs,
}

pub(super) async fn run(args: AgentSessionWaitArgs, app: &App) -> anyhow::Result<ExitCode> {
    let request = args.session.running(app).await?;
    let (name, outcome) = agent_session::wait(request, args.session.session.as_ref()).await?;
    let code = match outcome {
        WaitOutcome::Ended(code) => code,
        _ => exit::OK,
    };
    app.ui.say(&format!("session {name} {outcome}"));
    if agent_session::notify(&app.context()?.config, &name, outcome)? {
        app.ui.ring()?;
    }
    Ok(ExitCode::from(code))
}
