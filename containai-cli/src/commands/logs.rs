use std::ops::ControlFlow;
use std::pin::pin;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use containai_core::engine::{Container, EngineError, RunState};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_docker::Follow;
use futures_util::{Stream, StreamExt as _};

use super::container_lookup::TargetArgs;
use crate::app::App;
use crate::output::log::LineSanitizer;
use containai::OperationError;
use containai::context::Context;

/// Print a container's journal
///
/// The engine reads it, so that SSH need not work. Of a container that does
/// not run, the console is printed.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Go on with what comes
    #[arg(short, long)]
    follow: bool,
    /// Of this service only
    #[arg(long)]
    unit: Option<JournalUnit>,
    /// The number of lines at the end
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 100)]
    lines: usize,
}

/// A service of the container.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum JournalUnit {
    /// The SSH server
    Ssh,
    /// The Docker inside
    Docker,
    /// What prepares the container when it starts
    Init,
}

impl JournalUnit {
    /// Words of journalctl(1) that leave nothing else.
    fn journalctl_args(self) -> &'static [&'static str] {
        match self {
            // What sessions run belongs to the server's unit too.
            Self::Ssh => {
                &["--unit=ssh.service", "_COMM=sshd", "_COMM=sshd-session", "_COMM=systemd"]
            }
            Self::Docker => &["--unit=docker.service"],
            Self::Init => &["--unit=containai-init.service"],
        }
    }
}

pub(super) async fn run(args: &LogsArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let container = args.target.find(&engine, &context).await?;
    let follow = if args.follow { Follow::On } else { Follow::Off };
    if container.state == RunState::Running {
        let lines = format!("--lines={}", args.lines);
        let unit = args.unit.map_or(&[][..], JournalUnit::journalctl_args);
        let words = [&[lines.as_str()], unit].concat();
        print(engine.journal(&container.id, &words, follow).await?, app).await?;
    } else {
        let follow = check_stopped(args, &container)?;
        app.ui.say(&format!("{} is {}: this is its console", container.name, container.state));
        print(engine.console(&container.id, Some(args.lines), follow), app).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing comes from a container that does not run, and its services are not
/// told apart on its console.
fn check_stopped(args: &LogsArgs, container: &Container) -> Result<Follow, OperationError> {
    if args.unit.is_none() && !args.follow {
        return Ok(Follow::Off);
    }
    let message = format!("container `{}` is {}", container.name, container.state);
    Err(OperationError::with_code(exit::FAILED, message)
        .hint(Hint::new("leave out `--follow` and `--unit` to see its console"))
        .hint(Hint::run("cai run -- true", "start it, in its workspace")))
}

/// Prints until the end, or until nobody reads any more.
async fn print(
    chunks: impl Stream<Item = Result<Vec<u8>, EngineError>>,
    app: &App,
) -> anyhow::Result<()> {
    let mut chunks = pin!(chunks);
    let mut lines = LineSanitizer::default();
    while let Some(chunk) = chunks.next().await {
        if app.ui.print_lines(&lines.push(&chunk?))? == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    let _ = app.ui.print_lines(&lines.finish())?;
    Ok(())
}
