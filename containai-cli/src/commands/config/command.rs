use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{edit, get, list, path, set, unset};
use crate::app::App;

/// Show and change settings [default: list]
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::ListArgs),
    Get(get::GetArgs),
    Set(set::SetArgs),
    Unset(unset::UnsetArgs),
    Edit(edit::EditArgs),
    Path(path::PathArgs),
}

pub(crate) async fn run(args: ConfigArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(Verb::List(list::ListArgs::default())) {
        Verb::List(args) => list::run(&args, app).await,
        Verb::Get(args) => get::run(&args, app).await,
        Verb::Set(args) => set::run(&args, app).await,
        Verb::Unset(args) => unset::run(&args, app).await,
        Verb::Edit(args) => edit::run(&args, app).await,
        Verb::Path(args) => path::run(&args, app),
    }
}
