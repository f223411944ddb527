use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai::reclaim;
use containai::target::workspace_path;
use containai_core::exit;

use crate::app::App;

/// Give all files in the workspace to its owner
///
/// Root and other users in the container can leave files that the owner cannot
/// change or remove. This command gives them to the owner, and clears
/// set-user-id and set-group-id bits and file capabilities. It needs no root: a
/// helper container of ContainAI changes the owners. The container may be
/// running, stopped or removed. `cai stop --remove`, `cai gc` and `cai run
/// --fresh` do the same before they remove a container.
///
/// In a workspace that belongs to root, all files are returned to root, unless
/// the container is running: they stay the agent's then.
#[derive(Debug, Args)]
pub(super) struct WorkspaceReclaimArgs {
    /// Workspace path or container name [default: the repository around the current directory]
    #[arg(value_name = "TARGET")]
    path: Option<PathBuf>,
}

pub(super) async fn run(args: &WorkspaceReclaimArgs, app: &App) -> anyhow::Result<ExitCode> {
    let (word, flags) = (args.path.as_deref(), app.global.flags());
    let path = workspace_path(word, &flags, &app.env, &app.reporter).await?;
    let reclaimed = reclaim::reclaim(path.as_deref(), &flags, &app.env, &app.reporter).await?;
    Ok(ExitCode::from(if reclaimed.failed > 0 { exit::FAILED } else { exit::OK }))
}
