use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{r#move, pull, reclaim, reclaim_inside};
use crate::app::App;

/// Manage the records and the files of workspaces
#[derive(Debug, Args)]
pub(crate) struct WorkspaceArgs {
    #[command(subcommand)]
    verb: WorkspaceVerb,
}

#[derive(Debug, Subcommand)]
enum WorkspaceVerb {
    #[command(visible_alias = "mv")]
    Move(r#move::WorkspaceMoveArgs),
    Pull(pull::WorkspacePullArgs),
    Reclaim(reclaim::WorkspaceReclaimArgs),
    #[command(hide = true)]
    ReclaimInside(reclaim_inside::WorkspaceReclaimInsideArgs),
}

pub(crate) async fn run(args: WorkspaceArgs, app: &App) -> anyhow::Result<ExitCode> {
    match args.verb {
        WorkspaceVerb::Move(args) => r#move::run(&args, app).await,
        WorkspaceVerb::Pull(args) => pull::run(args, app).await,
        WorkspaceVerb::Reclaim(args) => reclaim::run(&args, app).await,
        WorkspaceVerb::ReclaimInside(args) => reclaim_inside::run(&args, app),
    }
}
