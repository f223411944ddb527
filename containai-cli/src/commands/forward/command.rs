use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{list, remove, serve};
use crate::app::App;

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
    serve: serve::ForwardServeArgs,
    #[command(subcommand)]
    verb: Option<ForwardVerb>,
}

#[derive(Debug, Subcommand)]
enum ForwardVerb {
    List(list::ForwardListArgs),
    Remove(remove::ForwardRemoveArgs),
}

pub(crate) async fn run(args: ForwardArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb {
        None => serve::run(args.serve, app).await,
        Some(ForwardVerb::List(args)) => list::run(&args, app).await,
        Some(ForwardVerb::Remove(args)) => remove::run(args, app).await,
    }
}
