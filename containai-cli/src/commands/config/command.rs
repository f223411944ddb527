use clap::{Args, Subcommand};

use super::{edit, get, list, path, set, unset};
use crate::app::App;

/// Show and change settings [default: list]
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    verb: Option<ConfigVerb>,
}

#[derive(Debug, Subcommand)]
enum ConfigVerb {
    List(list::ConfigListArgs),
    Get(get::ConfigGetArgs),
    Set(set::ConfigSetArgs),
    Unset(unset::ConfigUnsetArgs),
    Edit(edit::ConfigEditArgs),
    Path(path::ConfigPathArgs),
}

pub(crate) async fn run(args: ConfigArgs, app: &App) -> anyhow::Result<()> {
    match args.verb.unwrap_or(ConfigVerb::List(list::ConfigListArgs::default())) {
        ConfigVerb::List(args) => list::run(&args, app).await,
        ConfigVerb::Get(args) => get::run(&args, app).await,
        ConfigVerb::Set(args) => set::run(&args, app).await,
        ConfigVerb::Unset(args) => unset::run(&args, app).await,
        ConfigVerb::Edit(args) => edit::run(&args, app).await,
        ConfigVerb::Path(args) => path::run(&args, app),
    }
}
