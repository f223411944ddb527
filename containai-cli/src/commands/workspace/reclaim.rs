use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;
use containai_core::exit;

use crate::app::App;
use crate::wire;
use containai::context::Context;
use containai::report::harmless;
use containai::workspace::{self, Caution};
use containai::{lock, surroundings};

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
pub(super) struct ReclaimArgs {
    /// The workspace [default: the repository around the current directory]
    path: Option<PathBuf>,
}

pub(super) async fn run(args: &ReclaimArgs, app: &App) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(&app.env, &app.reporter, &app.global.flags())?;
    let engine = context.engine()?;
    let spot = workspace::spot(args.path.as_deref(), &app.env, Caution::Forced)?;
    let containers = engine.containers().await?;
    let workspace = surroundings::meant(&spot, &containers, &context, ".");
    let lock = app.env.layout.workspace_lock(&workspace);
    let _turn = lock::hold(&lock, &format!("`{workspace}`"), &app.reporter).await?;
    app.ui.begin_work("looking for files of other owners");
    let done = engine.reclaim(&workspace).await;
    app.ui.finish_work();
    let done = done?;
    let lines = wire::reclaim::lines(workspace.as_str(), done);
    lines.iter().for_each(|line| app.ui.say(&harmless(line)));
    if lines.is_empty() {
        app.ui.say(&format!("all files in `{workspace}` belong to its owner"));
    }
    Ok(ExitCode::from(if done.left > 0 { exit::FAILED } else { exit::OK }))
}
