use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{cleanup, config, proxy};
use crate::app::App;

/// Look after what OpenSSH knows about containers
#[derive(Debug, Args)]
pub(crate) struct SshArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Config(config::ConfigArgs),
    Cleanup(cleanup::CleanupArgs),
    Proxy(proxy::ProxyArgs),
}

pub(crate) async fn run(args: SshArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Config(args) => config::run(&args, app).await,
        Verb::Cleanup(args) => cleanup::run(&args, app).await,
        Verb::Proxy(args) => proxy::run(args, app).await,
    }
}
