use std::process::ExitCode;

use clap::Args;
use containai::login::{LoginMethod, find_login, log_in};

use crate::app::App;
use crate::args::{SessionArgs, print_plan};

/// Log in to an agent, once for all workspaces
///
/// Runs the agent's own login in the workspace's container, which is created and started as
/// needed. Your browser opens its pages, after a question. Your other containers share the login,
/// except where the setting `credentials.shared` excludes it.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Agent or tool, such as claude, codex or gh
    #[arg(value_name = "AGENT")]
    login: String,
    #[command(flatten)]
    session: SessionArgs,
    /// Log in with a code that you type into a page on any machine
    #[arg(long)]
    device: bool,
    /// Ask for an API key or a token, without showing it
    #[arg(long, conflicts_with = "device")]
    api_key: bool,
    /// Read an API key or a token from standard input
    #[arg(long, conflicts_with_all = ["device", "api_key"])]
    api_key_stdin: bool,
}

pub(crate) async fn run(args: LoginArgs, app: &App) -> anyhow::Result<ExitCode> {
    let login = find_login(&args.login, &app.env.layout)?;
    let method = match (args.device, args.api_key, args.api_key_stdin) {
        (true, ..) => LoginMethod::Code,
        (_, true, _) => {
            let hint = "pass it on standard input with `--api-key-stdin`";
            LoginMethod::Key(app.ui.prompt_secret(&format!("Key of {}", login.name), hint)?)
        }
        (.., true) => LoginMethod::read_key(std::io::stdin().lock())?,
        _ => LoginMethod::Page,
    };
    let format = args.session.plan_format();
    let request = args.session.request(None, app).await?;
    if let Some(format) = format {
        return print_plan(request, format, app).await;
    }
    Ok(ExitCode::from(log_in(request, &login, method, app.streams()).await?))
}
