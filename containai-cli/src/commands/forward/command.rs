use clap::{Args, Subcommand};
use containai::context::Context;
use containai::forward::{ForwardServer, ReconnectingContainer, start_background};
use containai::signals::ShutdownSignal;
use containai_core::remote::Forward;

use super::{list, remove};
use crate::app::App;
use crate::args::{ForwardSpecArgs, TargetArgs};

/// Forward ports and sockets between this machine and a container
///
/// Runs until interrupted, and reconnects when the container is restarted. With
/// `--background`, one process for each port or socket runs until
/// `cai forward remove` or until the container is removed.
///
/// Listens on the loopback address only, unless an address is given, as in
/// `*:8080:localhost:80`. Either end may be the path of a socket.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct ForwardArgs {
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
    #[command(subcommand)]
    verb: Option<ForwardVerb>,
}

#[derive(Debug, Subcommand)]
enum ForwardVerb {
    List(list::ForwardListArgs),
    Remove(remove::ForwardRemoveArgs),
}

pub(crate) async fn run(args: ForwardArgs, app: &App) -> anyhow::Result<()> {
    match args.verb {
        Some(ForwardVerb::List(args)) => return list::run(&args, app).await,
        Some(ForwardVerb::Remove(args)) => return remove::run(args, app).await,
        None => {}
    }
    let forwards = args.specs.forwards()?;
    if args.background {
        let (context, name) = find(&args.target, app).await?;
        for forward in &forwards {
            start_background(&context, &name, forward)?;
            app.ui.say(&format!("{} {forward} ({name})", forward.direction().option()));
        }
        return Ok(());
    }
    let mut shutdown = ShutdownSignal::listen()?;
    let served = shutdown.run_until_received(serve(args, forwards, app)).await;
    served.unwrap_or(Ok(()))
}

async fn serve(args: ForwardArgs, forwards: Vec<Forward>, app: &App) -> anyhow::Result<()> {
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
    let context = app.context()?;
    let name = target.find(&context.engine()?, &context).await?.name;
    Ok((context, name))
}
