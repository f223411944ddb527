use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use containai_core::engine::{Container, Engine as _};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{
    NoVolumeExporter, Observed, Refusal, StopMode, execute_stop, plan_stop,
};
use containai_core::naming::WorkspacePath;

use crate::app::App;
use containai::OperationError;
use containai::context::Context;
use containai::moved::WorkspaceState;
use containai::session_guard;
use containai::workspace::{self, ProtectedPathUse};
use containai::{volume_lock, workspace_store};

/// Take over what a workspace had before its directory was moved
///
/// The workspace at its new path gets the data volume, the inner Docker's volume and the
/// limits of the old path. The old container is removed, with its file system: it has the
/// old path mounted. The next `cai run` makes a new container with the volumes.
#[derive(Debug, Args)]
pub(super) struct WorkspaceMoveArgs {
    /// The path that the workspace had
    #[arg(value_name = "OLD")]
    from: PathBuf,
    /// The path that it has now [default: the repository around the current directory]
    #[arg(value_name = "NEW")]
    to: Option<PathBuf>,
    /// Skip the confirmation when there are active sessions
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: &WorkspaceMoveArgs, app: &App) -> anyhow::Result<ExitCode> {
    let old = workspace::find_removed(&args.from, &app.env, ProtectedPathUse::Allow)?;
    let new = workspace::find(args.to.as_deref(), &app.env, ProtectedPathUse::Refuse)?;
    if old.as_path().is_dir() {
        let hint = "move the directory first; to share its data volume, use `--data-volume`";
        return Err(OperationError::usage(format!("`{old}` still exists"))
            .hint(Hint::new(hint))
            .into());
    }
    let context = Context::new(&app.env, &app.reporter, app.global.flags(), Some(&new))?;
    let engine = context.engine()?;
    let _turns = volume_lock::lock_workspaces(&old, &new, &app.env, &app.reporter).await?;
    let containers = engine.containers().await?;
    let observed = Observed { containers, ..Observed::default() };
    if let Some(container) = single_container(&observed, &new)? {
        let message = format!("`{new}` has a container already: {}", container.name);
        let hint =
            format!("remove it with `cai stop --remove {}`; its volumes stay", container.name);
        return Err(OperationError::usage(message).hint(Hint::new(hint)).into());
    }
    let container = single_container(&observed, &old)?;
    let found = WorkspaceState::find(&context, &engine, &old, container).await?;
    if found.is_empty() && container.is_none() {
        let message = format!("nothing is known of `{old}` on this engine");
        let hint = Hint::run("cai list", "see the containers and their workspaces");
        return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
    }
    if !args.force
        && !session_guard::confirm_active_sessions(
            &engine,
            container.into_iter(),
            "Stop it?",
            &app.reporter,
        )
        .await
    {
        app.ui.say("nothing was done");
        return Ok(ExitCode::from(exit::FAILED));
    }
    // The new path has everything before the old one loses anything: whoever is
    // interrupted runs the command again.
    let address = context.address.to_string();
    let chosen = found.remembered.clone();
    workspace_store::edit(&app.env.layout, &app.reporter, &new, |record| {
        *record.on_engine_mut(&address) = chosen;
        record.directory = workspace_store::directory_id(new.as_path());
    })
    .await?;
    if let Some(container) = container {
        let fate = StopMode::Remove;
        for each in plan_stop(&observed, std::slice::from_ref(&container.id), fate, None)? {
            execute_stop(&engine, &context.remote, &NoVolumeExporter, &each).await?;
        }
        app.ui.say(&format!("removed container {}", container.name));
    }
    workspace_store::forget(&app.env.layout, &app.reporter, &old, &address).await?;
    found.report(&context, &old, &new);
    Ok(ExitCode::SUCCESS)
}

/// The one container of a workspace, if it has one.
fn single_container<'o>(
    observed: &'o Observed,
    workspace: &WorkspacePath,
) -> Result<Option<&'o Container>, Refusal> {
    match observed.serving(workspace).as_slice() {
        [] => Ok(None),
        [container] => Ok(Some(container)),
        several => {
            let names = several.iter().map(|container| container.name.clone()).collect();
            Err(Refusal::Ambiguous { workspace: workspace.to_string(), names })
        }
    }
}
