use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{edit, get, list, path, set, unset};
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;

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

pub(crate) async fn run(
    args: ConfigArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    match args.verb.unwrap_or(Verb::List(list::ListArgs::default())) {
        Verb::List(args) => list::run(&args, global, env, ui).await,
        Verb::Get(args) => get::run(&args, global, env, ui).await,
        Verb::Set(args) => set::run(&args, global, env, ui).await,
        Verb::Unset(args) => unset::run(&args, global, env, ui).await,
        Verb::Edit(args) => edit::run(&args, env, ui).await,
        Verb::Path(args) => path::run(&args, env, ui),
    }
}
