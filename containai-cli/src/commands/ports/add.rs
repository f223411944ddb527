use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use clap::Args;
use containai_core::config::Flags;
use containai_core::remote::Forward;

use crate::app::App;
use crate::commands::forward::ForwardSpecArgs;
use containai::OperationError;
use containai::context::Context;
use containai::target;

/// Forward something in the background
///
/// As `cai forward`, by one process for each port or socket, which goes on
/// until `cai ports remove` or until its container is removed.
#[derive(Debug, Args)]
pub(crate) struct PortsAddArgs {
    /// The container's name, or a workspace [default: the repository around the current directory]
    #[arg(value_name = "NAME|PATH")]
    target: Option<String>,
    #[command(flatten)]
    specs: ForwardSpecArgs,
}

pub(super) async fn run(args: &PortsAddArgs, app: &App) -> anyhow::Result<ExitCode> {
    let forwards = args.specs.forwards()?;
    let flags = Flags { docker_host: app.global.docker_host.clone(), ..Flags::default() };
    let context = Context::new(&app.env, &app.reporter, flags, None)?;
    let container =
        target::find_named(args.target.as_deref(), &context.engine()?, &context).await?;
    for forward in &forwards {
        start_process(forward, &container.name, &context.address.to_string())?;
        app.ui.say(&format!("{} {forward} ({})", forward.direction().option(), container.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the process and waits until it has opened everything.
fn start_process(forward: &Forward, container: &str, engine: &str) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("cannot find the program that is running")?;
    let mut child = Command::new(program)
        .args(["--docker-host", engine, "forward", "--detached", container])
        .args([forward.direction().option(), &forward.to_string()])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start a process in the background")?;
    let mut line = String::new();
    let stdout = child.stdout.take().context("a pipe is missing")?;
    BufReader::new(stdout).read_line(&mut line)?;
    if !line.is_empty() {
        return Ok(());
    }
    let mut told = String::new();
    child.stderr.take().context("a pipe is missing")?.read_to_string(&mut told)?;
    let status = child.wait()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Err(process_error(&told, code.unwrap_or(containai_core::exit::FAILED)).into())
}

/// What the process told, told again.
fn process_error(told: &str, code: u8) -> OperationError {
    let find = |prefix| told.lines().filter_map(move |line: &str| line.strip_prefix(prefix));
    let message = find("error: ").next().unwrap_or("the process in the background ended");
    let error = OperationError::with_code(code, message);
    find("hint: ").fold(error, |error, hint| error.hint(containai_core::hint::Hint::new(hint)))
}
