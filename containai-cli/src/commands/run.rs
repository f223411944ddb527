use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai::OperationError;
use containai::session::{AgentLaunch, LaunchSession, start_agent};
use containai_core::naming::{AgentName, AgentSessionName};
use containai_ssh::{Command, LaunchMode};

use crate::app::App;
use crate::args::{EnvArgs, SessionArgs, print_plan};

/// Run a command, or the agent, in the workspace's container
///
/// Creates and starts the container as needed; a second run in the same workspace uses the same
/// container. Standard output carries the command's output only, and `cai` exits with the
/// command's status.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    env: EnvArgs,
    /// Run in the background: a command prints its process id, and its output goes to the
    /// container's journal; an agent gets a session, whose name is printed
    #[arg(short, long, alias = "detached", conflicts_with = "ephemeral")]
    detach: bool,
    /// Name of the agent's session [default: the agent's name, with a number if it is taken]
    #[arg(long = "session", value_name = "NAME", conflicts_with = "no_session")]
    session_name: Option<AgentSessionName>,
    /// Start the agent without a session: it ends with this connection
    #[arg(long, conflicts_with = "detach")]
    no_session: bool,
    /// Agent to start; what follows `--` are its arguments
    #[arg(long)]
    agent: Option<AgentName>,
    /// Command and arguments [default: the configured agent]; with `--agent`, the agent's arguments
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(crate) async fn run(args: RunArgs, app: &App) -> anyhow::Result<ExitCode> {
    let format = args.session.plan_format();
    let is_agent = args.agent.is_some() || args.command.is_empty();
    let request = args.session.request(args.agent, app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    let variables = args.env.variables(&app.env)?;
    if is_agent {
        let session = match (args.no_session, args.detach) {
            (true, _) => LaunchSession::None,
            (_, true) => LaunchSession::Detached(args.session_name),
            _ => LaunchSession::Attached(args.session_name),
        };
        let launch = AgentLaunch::new(args.command).with_variables(variables).with_session(session);
        return Ok(ExitCode::from(start_agent(request, launch, app.streams()).await?));
    }
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .env_vars(variables)
        .with_launch(if args.detach { LaunchMode::Detached } else { LaunchMode::Plain });
    Ok(ExitCode::from(request.run(&command, app.streams(), |_| Ok(())).await?))
}
