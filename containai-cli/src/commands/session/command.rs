use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{list, logs, remove, send, stop, wait};
use crate::app::App;
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
