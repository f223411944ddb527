use std::process::ExitCode;

use clap::{Args, Subcommand};
use containai::OperationError;
use containai::session::SessionRequest;
use containai_core::engine::RunState;
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::naming::AgentSessionName;

use super::{list, logs, remove, send, stop, wait};
use crate::app::App;
use crate::args::{TargetArgs, TargetOptions};
use crate::commands::attach;

/// Manage agent sessions [default: list]
///
/// An agent that is started on a terminal runs in a session of tmux in the container. It continues
/// if the connection is lost or the terminal is closed, until it ends or the container stops.
#[derive(Debug, Args)]
pub(crate) struct AgentSessionArgs {
    #[command(subcommand)]
    verb: Option<AgentSessionVerb>,
}

#[derive(Debug, Subcommand)]
enum AgentSessionVerb {
    #[command(visible_alias = "ls")]
    List(list::AgentSessionListArgs),
    Attach(attach::AttachArgs),
    Send(send::AgentSessionSendArgs),
    Logs(logs::AgentSessionLogsArgs),
    Wait(wait::AgentSessionWaitArgs),
    Stop(stop::AgentSessionStopArgs),
    #[command(visible_alias = "rm")]
    Remove(remove::AgentSessionRemoveArgs),
}

pub(crate) async fn run(args: AgentSessionArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(AgentSessionVerb::List(list::AgentSessionListArgs::default())) {
        AgentSessionVerb::List(args) => list::run(&args, app).await?,
        AgentSessionVerb::Attach(args) => return attach::run(args, app).await,
        AgentSessionVerb::Send(args) => send::run(args, app).await?,
        AgentSessionVerb::Logs(args) => logs::run(args, app).await?,
        AgentSessionVerb::Wait(args) => return wait::run(args, app).await,
        AgentSessionVerb::Stop(args) => stop::run(args, app).await?,
        AgentSessionVerb::Remove(args) => remove::run(args, app).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A session that may be left out.
#[derive(Debug, Args)]
pub(super) struct OptionalSessionArgs {
    /// Name of the session [default: the only one that runs]
    #[arg(value_name = "SESSION")]
    pub(super) session: Option<AgentSessionName>,
    #[command(flatten)]
    target: TargetOptions,
}

impl OptionalSessionArgs {
    /// Prepares the command; see [`running`].
    pub(super) async fn running(&self, app: &App) -> anyhow::Result<SessionRequest> {
        running(self.target.clone(), app).await
    }
}

/// Prepares a command in a container that runs. Another one has no sessions, and is not started.
pub(super) async fn running(target: TargetOptions, app: &App) -> anyhow::Result<SessionRequest> {
    let (container, request) = TargetArgs::from(target).existing_session(app).await?;
    match container.state {
        RunState::Running | RunState::Paused => Ok(request),
        _ => {
            let message = format!("container `{}` is stopped: it has no session", container.name);
            let hint = Hint::run("cai attach", "start it and continue the last conversation");
            Err(OperationError::with_code(exit::FAILED, message).hint(hint).into())
        }
    }
}
