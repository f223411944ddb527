use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{proxy, setup};
use crate::app::App;

/// Let an editor use an agent in a container, over the Agent Client Protocol
#[derive(Debug, Args)]
pub(crate) struct AcpArgs {
    #[command(subcommand)]
    verb: AcpVerb,
}

#[derive(Debug, Subcommand)]
enum AcpVerb {
    Proxy(Box<proxy::AcpProxyArgs>),
    Setup(setup::AcpSetupArgs),
}

pub(crate) async fn run(args: AcpArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb {
        AcpVerb::Proxy(args) => proxy::run(*args, app).await,
        AcpVerb::Setup(args) => setup::run(&args, app),
    }
}
