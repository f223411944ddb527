use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{r#move, reclaim, reclaim_inside};
use crate::app::App;

/// Manage the records and the files of workspaces
#[derive(Debug, Args)]
pub(crate) struct WorkspaceArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Move(r#move::MoveArgs),
    Reclaim(reclaim::ReclaimArgs),
    #[command(hide = true)]
    ReclaimInside(reclaim_inside::ReclaimInsideArgs),
}

pub(crate) async fn run(args: WorkspaceArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Move(args) => r#move::run(&args, app).await,
        Verb::Reclaim(args) => reclaim::run(&args, app).await,
        Verb::ReclaimInside(args) => reclaim_inside::run(&args, app),
    }
}
