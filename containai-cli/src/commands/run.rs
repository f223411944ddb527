use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai_core::naming::AgentName;
use containai_ssh::{Command, LaunchMode};

use super::env_args::EnvArgs;
use super::session_args::SessionArgs;
use crate::app::App;
use containai::OperationError;
use containai::session;

/// Run a command, or the agent, in the workspace's container
///
/// The container is made and started as needed; a second run of the same
/// workspace attaches to the same container. Stdout carries the command's
/// output and nothing else, and its exit status is passed on.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    env: EnvArgs,
    /// Leave the command behind, print its process id, and send its output to the container's journal
    #[arg(short, long, alias = "detached", requires = "command", conflicts_with = "ephemeral")]
    detach: bool,
    /// The agent to start when no command is given
    #[arg(long)]
    agent: Option<AgentName>,
    /// The command and its arguments [default: the configured agent]
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(super) async fn run(args: RunArgs, app: &App) -> anyhow::Result<ExitCode> {
    let form = args.session.output_format();
    let entrance = args.session.session_request(args.agent, app)?;
    if let Some(form) = form {
        return form.print(&entrance.plan().await?, app);
    }
    let variables = args.env.variables(&app.env)?;
    if args.command.is_empty() {
        return Ok(ExitCode::from(session::start_agent(entrance, variables, app.streams()).await?));
    }
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .env_vars(variables)
        .with_launch(if args.detach { LaunchMode::Detached } else { LaunchMode::Plain });
    Ok(ExitCode::from(entrance.run(&command, app.streams(), |_| Ok(())).await?))
}
