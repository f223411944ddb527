use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{add, list, remove};
use crate::app::App;

/// List, add and remove what is forwarded [default: list]
#[derive(Debug, Args)]
pub(crate) struct PortsArgs {
    #[command(subcommand)]
    verb: Option<PortsVerb>,
}

#[derive(Debug, Subcommand)]
enum PortsVerb {
    List(list::PortsListArgs),
    Add(add::PortsAddArgs),
    Remove(remove::PortsRemoveArgs),
}

pub(crate) async fn run(args: PortsArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(PortsVerb::List(list::PortsListArgs::default())) {
        PortsVerb::List(args) => list::run(&args, app),
        PortsVerb::Add(args) => add::run(&args, app).await,
        PortsVerb::Remove(args) => remove::run(&args, app).await,
    }
}
