use std::io::{BufRead as _, Read as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use containai::login::{LoginMethod, find_login, log_in};

use crate::app::App;
use crate::args::SessionArgs;

/// The longest key that is read.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// Log in to an agent, once for all workspaces
///
/// Runs the agent's own login in the workspace's container, which is created and started as
/// needed. Pages that it opens are opened by your browser, after a question. The login is kept on
/// a volume that your other containers share; the setting `credentials.shared` excludes a
/// workspace.
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
        (.., true) => LoginMethod::Key(read_key()?.into()),
        _ => LoginMethod::Page,
    };
    let request = args.session.request(None, app).await?;
    Ok(ExitCode::from(log_in(request, &login, method, app.streams()).await?))
}

/// Reads the first line of standard input.
fn read_key() -> anyhow::Result<String> {
    let mut text = String::new();
    let input = std::io::stdin().lock();
    input.take(MAX_KEY_BYTES).read_line(&mut text).context("cannot read the key")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
