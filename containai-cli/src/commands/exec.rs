use std::ffi::OsString;
use std::process::ExitCode;

use clap::Args;
use containai_core::config::Flags;
use containai_ssh::{Command, Launch};

use super::agent::AgentArgs;
use super::env_args::EnvArgs;
use super::which_args::WhichArgs;
use crate::app::App;
use containai::OperationError;
use containai::enter::{self, Choice, Consent, Entrance};
use containai::workspace::Caution;

/// Run a command in the workspace's existing container
///
/// A stopped container is started; a missing one is an error. Every word
/// reaches the command as it was given; its exit status is passed on.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    agent: AgentArgs,
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
    let spot = args.which.spot(None, &app.env, Caution::Forced)?;
    let launch = if args.detach { Launch::Detached } else { Launch::Plain };
    let command = Command::new(args.command)
        .map_err(|error| OperationError::usage(error.to_string()))?
        .carrying(args.env.variables(&app.env)?)
        .launched(launch);
    let (docker_host, mux) = (app.global.docker_host.clone(), app.global.mux());
    let flags = Flags { docker_host, mux, ..Flags::default() };
    let choice = Choice { name: args.which.container.clone(), ..Choice::default() };
    let entrance =
        Entrance::new(&app.env, &app.reporter, flags, spot, Consent::Refused)?.choosing(choice);
    let entrance = args.agent.apply(entrance);
    let reached = entrance.enter_existing().await?;
    let status = enter::attend(reached.session, &command, app.streams(), &app.reporter).await?;
    Ok(ExitCode::from(status))
}
