//! Transfer of volumes and records to a workspace's new path.

use std::path::Path;

use containai_core::config::Flags;
use containai_core::engine::{Container, Engine as _};
use containai_core::exit;
use containai_core::hint::Hint;
use containai_core::lifecycle::{Observed, Refusal, StopMode};
use containai_core::naming::WorkspacePath;

use crate::confirm::ConfirmationMode;
use crate::context::Context;
use crate::error::{Error, OperationError};
use crate::moved::WorkspaceState;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::stop::stop_container;
use crate::workspace::{self, ProtectedPathUse};
use crate::{session_guard, volume_lock, workspace_store};

/// Gives the volumes and limits of a moved workspace to its new path, and removes the old
/// container. Default of `new`: the repository around the current directory.
///
/// # Errors
///
/// The old path exists, the new one has a container, or the engine has nothing of the workspace.
pub async fn move_workspace(
    old: &Path,
    new: Option<&Path>,
    confirmation: ConfirmationMode,
    flags: Flags,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<()> {
    let old = workspace::find_removed(old, env, ProtectedPathUse::Allow)?;
    let new = workspace::find(new, env, ProtectedPathUse::Refuse)?;
    if old.as_path().is_dir() {
        let hint = "move the directory first; to share its data volume, use `--data-volume`";
        return Err(OperationError::usage(format!("`{old}` still exists"))
            .hint(Hint::new(hint))
            .into());
    }
    let context = Context::new(env, reporter, flags, Some(&new))?;
    let engine = context.engine()?;
    let _locks = volume_lock::lock_workspaces(&old, &new, env, reporter).await?;
    let observed = Observed::of(engine.containers().await?);
    if let Some(Container { name, .. }) = single_container(&observed, &new)? {
        let message = format!("`{new}` already has a container: {name}");
        let command = format!("cai stop --remove {name}");
        let hint = Hint::run(&command, "remove it; its volumes are kept");
        return Err(OperationError::usage(message).hint(hint).into());
    }
    let container = single_container(&observed, &old)?;
    let state = WorkspaceState::find(&context, &engine, &old, container).await?;
    if state.is_empty() && container.is_none() {
        let message = format!("this engine has no data of `{old}`");
        let hint = Hint::run("cai list", "see the containers and their workspaces");
        return Err(OperationError::with_code(exit::FAILED, message).hint(hint).into());
    }
    let stopping = container.into_iter();
    if confirmation == ConfirmationMode::Ask
        && !session_guard::confirm_active_sessions(&engine, stopping, "Stop it?", reporter).await?
    {
        return Err(Error::failed("nothing was moved"));
    }
    // The new path gets its record first, so that an interrupted move can be repeated.
    let address = context.address.to_string();
    let remembered = state.remembered.clone();
    workspace_store::edit(&env.layout, reporter, &new, |record| {
        *record.on_engine_mut(&address) = remembered;
        record.directory = workspace_store::directory_id(new.as_path());
    })
    .await?;
    if let Some(container) = container {
        stop_container(&context, &engine, container.id.clone(), StopMode::Remove).await?;
        reporter.say(&format!("removed container {}", container.name));
    }
    workspace_store::forget(&env.layout, reporter, &old, &address).await?;
    state.report(&context, &old, &new);
    Ok(())
}

/// The container of a workspace, which must not have several.
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
