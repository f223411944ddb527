use std::process::ExitCode;

use clap::Args;
use containai_ssh::Command;

use crate::app::App;
use crate::args::{EnvArgs, SessionArgs, print_plan};

/// Open a login shell in the workspace's container
///
/// Creates and starts the container as needed. `cai` exits with the shell's status.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    env: EnvArgs,
}

pub(crate) async fn run(args: ShellArgs, app: &App) -> anyhow::Result<ExitCode> {
    let format = args.session.plan_format();
    let request = args.session.request(None, app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    let command = Command::shell().env_vars(args.env.variables(&app.env)?);
    Ok(ExitCode::from(request.run(&command, app.streams(), |_| Ok(())).await?))
}
