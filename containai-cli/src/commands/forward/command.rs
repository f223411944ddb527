use clap::{Args, Subcommand};
use containai::OperationError;
use containai::context::Context;
use containai::forward::{ForwardServer, ReconnectingContainer, start_background};
use containai::ports::forward_new_ports;
use containai::signals::ShutdownSignal;
use containai_core::hint::Hint;
use containai_core::naming::HostPort;
use containai_core::remote::Forward;

use super::{list, remove};
use crate::app::App;
use crate::args::{ForwardSpecArgs, TargetArgs, TargetOptions};

/// Forward ports and sockets between this machine and a container
///
/// `cai forward 3000` makes port 3000 of the container reachable on this machine.
/// Runs until interrupted, and reconnects when the container is restarted. With
/// `--background`, one process for each port or socket runs until
/// `cai forward remove` or until the container is removed.
///
/// Listens on the loopback address only, unless an address is given, as in
/// `*:8080:localhost:80`. Either end may be the path of a socket.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct ForwardArgs {
    /// Ports of the container, each forwarded from the same port of this machine; then the
    /// container name or workspace path [default: the repository around the current directory]
    #[arg(value_name = "PORT|TARGET")]
    words: Vec<String>,
    #[command(flatten)]
    options: TargetOptions,
    #[command(flatten)]
    specs: ForwardSpecArgs,
    /// Forward in the background until `cai forward remove`
    #[arg(long)]
    background: bool,
    /// Forward each port that a program in the container opens, until interrupted
    #[arg(long, conflicts_with_all = ["background", "local", "remote", "dynamic"])]
    auto: bool,
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
    let (ports, target) = split(args.words, args.options)?;
    if args.auto {
        let mut shutdown = ShutdownSignal::listen()?;
        let served = shutdown.run_until_received(serve_new_ports(&target, app)).await;
        return served.unwrap_or(Ok(()));
    }
    let forwards = args.specs.forwards(&ports)?;
    if args.background {
        let (context, name) = find(&target, app).await?;
        for forward in &forwards {
            start_background(&context, &name, forward)?;
            app.ui.say(&format!("{} {forward} ({name})", forward.direction().option()));
        }
        return Ok(());
    }
    let mut shutdown = ShutdownSignal::listen()?;
    let lifetime =
        if args.detached { ForwardLifetime::Detached } else { ForwardLifetime::Terminal };
    let served = serve(&target, lifetime, forwards, app);
    let served = shutdown.run_until_received(served).await;
    served.unwrap_or(Ok(()))
}

/// Splits the words into ports and a container.
fn split(
    words: Vec<String>,
    options: TargetOptions,
) -> Result<(Vec<HostPort>, TargetArgs), OperationError> {
    let (ports, mut others): (Vec<_>, Vec<_>) =
        words.into_iter().partition(|word| word.parse::<HostPort>().is_ok());
    let ports = ports.iter().filter_map(|port| port.parse().ok()).collect();
    let target = others.pop();
    match others.pop() {
        Some(word) => Err(OperationError::usage(format!("`{word}` is not a port"))
            .hint(Hint::new("give ports, and one container name or workspace path"))),
        None => Ok((ports, TargetArgs::new(target, options)?)),
    }
}

/// Whether the forwards end with the terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ForwardLifetime {
    Terminal,
    Detached,
}

async fn serve(
    target: &TargetArgs,
    lifetime: ForwardLifetime,
    forwards: Vec<Forward>,
    app: &App,
) -> anyhow::Result<()> {
    let container = running(target, app).await?;
    let server = ForwardServer::open_registered(container, forwards).await?;
    if lifetime == ForwardLifetime::Detached {
        // Signals of the terminal are for its foreground processes.
        nix::unistd::setsid()?;
        app.ui.data("open")?;
    }
    match server.serve().await? {}
}

async fn serve_new_ports(target: &TargetArgs, app: &App) -> anyhow::Result<()> {
    let container = running(target, app).await?;
    match forward_new_ports(container, app.global.flags()).await? {}
}

async fn running(target: &TargetArgs, app: &App) -> anyhow::Result<ReconnectingContainer> {
    let (_, name) = find(target, app).await?;
    let (flags, reporter) = (app.global.flags(), &app.reporter);
    Ok(ReconnectingContainer::find(Some(&name), flags, &app.env, reporter).await?)
}

async fn find(target: &TargetArgs, app: &App) -> anyhow::Result<(Context, String)> {
    let context = app.context()?;
    let name = target.find(&context.engine()?, &context).await?.name;
    Ok((context, name))
}
