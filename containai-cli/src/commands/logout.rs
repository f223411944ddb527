use std::process::ExitCode;

use clap::Args;
use containai::login::{find_login, log_out};

use crate::app::App;
use crate::args::TargetArgs;

/// Remove the login of an agent
///
/// Removes it from the workspace's container and from all containers that share it. Revoke it
/// with the provider as well if it may have been copied.
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// Agent or tool, such as claude, codex or gh
    #[arg(value_name = "AGENT")]
    login: String,
    #[command(flatten)]
    target: TargetArgs,
}

pub(crate) async fn run(args: LogoutArgs, app: &App) -> anyhow::Result<ExitCode> {
    let login = find_login(&args.login, &app.env.layout)?;
    let (_, request) = args.target.existing_session(app).await?;
    app.ui.say(&log_out(request, &login).await?.removal_text(&login));
    Ok(ExitCode::SUCCESS)
}
