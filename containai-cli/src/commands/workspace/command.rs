use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::r#move;
use crate::app::Global;
use crate::env::Env;
use crate::ui::Ui;

/// Manage what belongs to a workspace
#[derive(Debug, Args)]
pub(crate) struct WorkspaceArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Move(r#move::MoveArgs),
}

pub(crate) async fn run(
    args: WorkspaceArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Move(args) => r#move::run(&args, global, env, ui).await,
    }
}
