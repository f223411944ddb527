use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_ssh::{Command, LaunchMode};

use super::agent_forwarding::AgentForwardingArgs;
use super::container_ref_args::ContainerRefArgs;
use super::env_args::EnvArgs;
use crate::app::App;
use containai::OperationError;
use containai::session::{self, SessionOptions, SessionRequest, SetupConsent};
use containai::workspace::ProtectedPathUse;

/// Run a command in the workspace's existing container
///
/// A stopped container is started; a missing one is an error. Every word
/// reaches the command as it was given; its exit status is passed on.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    container_ref: ContainerRefArgs,
    #[command(flatten)]
    agent: AgentForwardingArgs,
    #[command(flatten)]
    env: EnvArgs,
    /// Leave the command behind, print its process id, and send its output to the container's journal
    #[arg(short, long, alias = "detached")]
    detach: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

pub(super) async fn run(args: ExecArgs, app: &App) -> anyhow::Result<ExitCode> {
    let spot = args.container_ref.workspace_ref(None, &app.env, ProtectedPathUse::Allow)?;
    let launch = if args.detach { LaunchMode::Detached } else { LaunchMode::Plain };
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .env_vars(args.env.variables(&app.env)?)
        .with_launch(launch);
    let (docker_host, mux) = (app.global.docker_host.clone(), app.global.mux());
    let flags = Flags { docker_host, mux, ..Flags::default() };
    let choice =
        SessionOptions { name: args.container_ref.container.clone(), ..SessionOptions::default() };
    let entrance = SessionRequest::new(&app.env, &app.reporter, flags, spot, SetupConsent::Never)?
        .with_options(choice);
    let entrance = args.agent.apply(entrance);
    let reached = entrance.open_existing().await?;
    let status =
        session::exec_attached(reached.connection, &command, app.streams(), &app.reporter).await?;
    Ok(ExitCode::from(status))
}
