use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_docker::{Reclaimed, reclaim_in_container};

use crate::app::App;

/// Give all files in these directories to the agent, in a helper container
#[derive(Debug, Args)]
pub(super) struct WorkspaceReclaimInsideArgs {
    /// The directories as mounted in the helper container
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

pub(super) fn run(args: &WorkspaceReclaimInsideArgs, app: &App) -> anyhow::Result<ExitCode> {
    let mut done = Reclaimed::default();
    for path in &args.paths {
        done = done.merge(reclaim_in_container(path)?);
    }
    app.ui.data(&serde_json::to_string(&done)?)?;
    Ok(ExitCode::SUCCESS)
}
