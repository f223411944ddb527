use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::confirm::Confirmation;
use containai::workspace_move::move_workspace;

use crate::app::App;

/// Transfer volumes and limits after a workspace's directory was moved
///
/// The new path gets the data volume, the inner Docker's volume and the resource
/// limits of the old path. The old container is removed with its file system,
/// because it mounts the old path. The next `cai run` creates a new container
/// with the volumes.
#[derive(Debug, Args)]
pub(super) struct WorkspaceMoveArgs {
    /// The old path of the workspace
    #[arg(value_name = "OLD")]
    from: PathBuf,
    /// The new path [default: the repository around the current directory]
    #[arg(value_name = "NEW")]
    to: Option<PathBuf>,
    /// Skip the confirmation if there are active sessions
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: &WorkspaceMoveArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (to, confirmation) = (args.to.as_deref(), Confirmation::unless(args.force));
    let flags = app.global.flags();
    move_workspace(&args.from, to, confirmation, flags, &app.env, &app.reporter).await?;
    Ok(ExitCode::SUCCESS)
}
