use std::process::ExitCode;

use clap::Args;
use containai_ssh::Command;

use super::env_args::EnvArgs;
use super::session_args::SessionArgs;
use crate::app::App;

/// Open a login shell in the workspace's container
///
/// The container is made and started as needed. The shell's exit status is
/// passed on.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    env: EnvArgs,
}

pub(super) async fn run(args: ShellArgs, app: &App) -> anyhow::Result<ExitCode> {
    let form = args.session.output_format();
    let entrance = args.session.session_request(None, app)?;
    if let Some(form) = form {
        return form.print(&entrance.plan().await?, app);
    }
    let command = Command::shell().env_vars(args.env.variables(&app.env)?);
    Ok(ExitCode::from(entrance.run(&command, app.streams(), |_| Ok(())).await?))
}
