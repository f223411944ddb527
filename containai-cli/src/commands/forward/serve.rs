use std::process::ExitCode;

use clap::Args;
use containai::context::Context;
use containai::forward::{ForwardServer, ReconnectingContainer, start_background};
use containai::signals::ShutdownSignal;
use containai_core::remote::Forward;

use crate::app::App;
use crate::args::{ForwardSpecArgs, TargetArgs};

/// Forwards of one container, in the foreground or background.
#[derive(Debug, Args)]
pub(super) struct ForwardServeArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    specs: ForwardSpecArgs,
    /// Forward in the background until `cai forward remove`
    #[arg(long)]
    background: bool,
    /// Leave the terminal, and print a line once everything is open
    #[arg(long, hide = true, conflicts_with = "background")]
    detached: bool,
}

pub(super) async fn run(args: ForwardServeArgs, app: &App) -> anyhow::Result<ExitCode> {
    let forwards = args.specs.forwards()?;
    if args.background {
        let (context, name) = find(&args.target, app).await?;
        for forward in &forwards {
            start_background(&context, &name, forward)?;
            app.ui.say(&format!("{} {forward} ({name})", forward.direction().option()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut shutdown = ShutdownSignal::listen()?;
    let outcome = shutdown.run_until_received(serve(args, forwards, app)).await;
    outcome.unwrap_or(Ok(ExitCode::SUCCESS))
}

async fn serve(
    args: ForwardServeArgs,
    forwards: Vec<Forward>,
    app: &App,
) -> anyhow::Result<ExitCode> {
    let (_, name) = find(&args.target, app).await?;
    let flags = app.global.flags();
    let container = ReconnectingContainer::find(Some(&name), flags, &app.env, &app.reporter);
    let server = ForwardServer::open_registered(container.await?, forwards).await?;
    if args.detached {
        // Signals of the terminal are for its foreground processes.
        nix::unistd::setsid()?;
        app.ui.data("open")?;
    }
    match server.serve().await? {}
}

async fn find(target: &TargetArgs, app: &App) -> anyhow::Result<(Context, String)> {
    let context = Context::new(&app.env, &app.reporter, app.global.flags(), None)?;
    let name = target.find(&context.engine()?, &context).await?.name;
    Ok((context, name))
}
