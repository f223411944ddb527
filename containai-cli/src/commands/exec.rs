use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai::OperationError;
use containai::session::{self, SessionOptions, SessionRequest, SetupConsent};
use containai::workspace::ProtectedPathUse;
use containai_ssh::{Command, LaunchMode};

use crate::app::App;
use crate::args::{AgentForwardingArgs, ContainerRefArgs, EnvArgs};

/// Run a command in the workspace's existing container
///
/// Starts a stopped container; fails if there is no container. Arguments reach the command
/// unchanged, and `cai` exits with the command's status.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    container_ref: ContainerRefArgs,
    #[command(flatten)]
    agent: AgentForwardingArgs,
    #[command(flatten)]
    env: EnvArgs,
    /// Run in the background and print the process id; output goes to the container's journal
    #[arg(short, long, alias = "detached")]
    detach: bool,
    /// Command and arguments
    #[arg(required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

pub(crate) async fn run(args: ExecArgs, app: &App) -> anyhow::Result<ExitCode> {
    let workspace = args.container_ref.workspace_ref(None, &app.env, ProtectedPathUse::Allow)?;
    let launch = if args.detach { LaunchMode::Detached } else { LaunchMode::Plain };
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .env_vars(args.env.variables(&app.env)?)
        .with_launch(launch);
    let options =
        SessionOptions { name: args.container_ref.container, ..SessionOptions::default() };
    let (flags, never) = (app.global.flags(), SetupConsent::Never);
    let request = SessionRequest::new(&app.env, &app.reporter, flags, workspace, never)?
        .with_options(options);
    let reached = args.agent.apply(request).open_existing().await?;
    let status =
        session::exec_attached(reached.connection, &command, app.streams(), &app.reporter).await?;
    Ok(ExitCode::from(status))
}
