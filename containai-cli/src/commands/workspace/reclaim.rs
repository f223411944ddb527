use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::Engine as _;
use containai_core::exit;

use crate::app::Global;
use crate::context::Context;
use crate::env::Env;
use crate::ui::{Ui, harmless};
use crate::workspace::{self, Caution};
use crate::{lock, surroundings, wire};

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

pub(super) async fn run(
    args: &ReclaimArgs,
    global: &Global,
    env: &Env,
    ui: &Ui,
) -> anyhow::Result<ExitCode> {
    let context = Context::of_engine(env, ui, global)?;
    let engine = context.engine()?;
    let spot = workspace::spot(args.path.as_deref(), env, Caution::Forced)?;
    let containers = engine.containers().await?;
    let workspace = surroundings::meant(&spot, &containers, &context, ".");
    let lock = env.layout.workspace_lock(&workspace);
    let _turn = lock::hold(&lock, &format!("`{workspace}`"), ui).await?;
    ui.begin_work("looking for files of other owners");
    let done = engine.reclaim(&workspace).await;
    ui.finish_work();
    let done = done?;
    let lines = wire::reclaim::lines(workspace.as_str(), done);
    lines.iter().for_each(|line| ui.say(&harmless(line)));
    if lines.is_empty() {
        ui.say(&format!("all files in `{workspace}` belong to its owner"));
    }
    Ok(ExitCode::from(if done.left > 0 { exit::FAILED } else { exit::OK }))
}
