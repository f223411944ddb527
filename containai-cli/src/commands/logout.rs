use std::process::ExitCode;

use clap::Args;
use containai::login::{LoginState, find_login, log_out};

use crate::app::App;
use crate::args::TargetArgs;

/// Remove the login of an agent
///
/// Removes it from the workspace's container and from all containers that share it. The provider
/// is not told: revoke the login there if it may have been copied.
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
    let name = &login.name;
    let text = match log_out(request, &login).await? {
        LoginState::Missing => format!("`{name}` was not logged in"),
        LoginState::Shared => format!("removed the login of `{name}`, also for all that shared it"),
        _ => format!("removed the login of `{name}` for this workspace"),
    };
    app.ui.say(&text);
    Ok(ExitCode::SUCCESS)
}
