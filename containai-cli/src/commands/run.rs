use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai::{OperationError, session};
use containai_core::naming::AgentName;
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
    /// Run in the background and print the process id; output goes to the container's journal
    #[arg(short, long, alias = "detached", requires = "command", conflicts_with = "ephemeral")]
    detach: bool,
    /// Agent to start if no command is given
    #[arg(long)]
    agent: Option<AgentName>,
    /// Command and arguments [default: the configured agent]
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(crate) async fn run(args: RunArgs, app: &App) -> anyhow::Result<ExitCode> {
    let format = args.session.plan_format();
    let request = args.session.request(args.agent, app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    let variables = args.env.variables(&app.env)?;
    if args.command.is_empty() {
        return Ok(ExitCode::from(session::start_agent(request, variables, app.streams()).await?));
    }
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .env_vars(variables)
        .with_launch(if args.detach { LaunchMode::Detached } else { LaunchMode::Plain });
    Ok(ExitCode::from(request.run(&command, app.streams(), |_| Ok(())).await?))
}
