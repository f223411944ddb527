use clap::{Args, Subcommand};

use super::{cleanup, config, proxy};
use crate::app::App;

/// Manage the OpenSSH configuration of containers
#[derive(Debug, Args)]
pub(crate) struct SshArgs {
    #[command(subcommand)]
    verb: SshVerb,
}

#[derive(Debug, Subcommand)]
enum SshVerb {
    Config(config::SshConfigArgs),
    Cleanup(cleanup::SshCleanupArgs),
    Proxy(proxy::SshProxyArgs),
}

pub(crate) async fn run(args: SshArgs, app: &App) -> anyhow::Result<()> {
    match args.verb {
        SshVerb::Config(args) => config::run(args, app).await,
        SshVerb::Cleanup(args) => cleanup::run(&args, app).await,
        SshVerb::Proxy(args) => proxy::run(args, app).await,
    }
}
