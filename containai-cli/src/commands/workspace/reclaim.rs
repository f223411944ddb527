use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;
use containai_core::exit;

use crate::app::App;
use crate::output;
use containai::context::Context;
use containai::report::escape_control;
use containai::workspace::{self, ProtectedPathUse};
use containai::{enclosing_workspace, lock};

/// Give all files in the workspace to its owner
///
/// Root and other users of the container, and containers inside it, leave files
/// that the owner cannot change or remove. This command makes them the owner's
/// and clears set-user-id and set-group-id bits and file capabilities. It needs
/// no root: a helper container of ContainAI changes the owners. It works while
/// the container runs, is stopped, or is gone. `cai stop --remove`, `cai gc` and
/// `cai run --fresh` do the same before they remove a container.
///
/// In a workspace that belongs to root, it returns all files to root, unless the
/// container runs: they stay the agent's then.
#[derive(Debug, Args)]
pub(super) struct WorkspaceReclaimArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
}

pub(super) async fn run(args: &WorkspaceReclaimArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let spot = workspace::find_ref(args.path.as_deref(), &app.env, ProtectedPathUse::Allow)?;
    let containers = engine.containers().await?;
    let workspace = enclosing_workspace::resolve(&spot, &containers, &context, ".");
    let lock = app.env.layout.workspace_lock(&workspace);
    let _turn = lock::acquire(&lock, &format!("`{workspace}`"), &app.reporter).await?;
    app.ui.start_progress("looking for files of other owners");
    let done = engine.reclaim(&workspace).await;
    app.ui.finish_progress();
    let done = done?;
    let lines = output::reclaim::lines(workspace.as_str(), done);
    lines.iter().for_each(|line| app.ui.say(&escape_control(line)));
    if lines.is_empty() {
        app.ui.say(&format!("all files in `{workspace}` belong to its owner"));
    }
    Ok(ExitCode::from(if done.failed > 0 { exit::FAILED } else { exit::OK }))
}
