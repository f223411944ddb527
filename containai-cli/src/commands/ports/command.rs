use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{add, list, remove};
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;

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

pub(crate) async fn run(
    args: PortsArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(Verb::List(list::ListArgs::default())) {
        Verb::List(args) => list::run(&args, env, ui),
        Verb::Add(args) => add::run(&args, global, env, ui).await,
        Verb::Remove(args) => remove::run(&args, env, ui).await,
    }
}
