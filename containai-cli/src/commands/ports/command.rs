use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{add, list, remove};
use crate::app::App;

/// List, add and remove what is forwarded [default: list]
#[derive(Debug, Args)]
pub(crate) struct PortsArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Add(add::AddArgs),
    Remove(remove::RemoveArgs),
}

pub(crate) async fn run(args: PortsArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(Verb::List(list::ListArgs::default())) {
        Verb::List(args) => list::run(&args, app),
        Verb::Add(args) => add::run(&args, app).await,
        Verb::Remove(args) => remove::run(&args, app).await,
    }
}
