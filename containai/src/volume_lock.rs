//! The turns of all that have a volume.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use containai_core::engine::{Container, ContainerId, Engine as _, RunState};
use containai_core::naming::{VolumeName, WorkspacePath};
use containai_docker::DockerEngine;

use crate::lock;
use crate::process_env::ProcessEnv;
use crate::report::Reporter;
use crate::target;

/// Keeps others from starting or waking a container that has the volume, until
/// what is returned is dropped. `workspace` is whose volume it is. Where the
/// engine is about to start a container, it is waited for.
///
/// Everybody takes several turns in the same order, so that nobody waits for
/// somebody who waits for them.
pub async fn lock_volume(
    engine: &DockerEngine,
    volume: &VolumeName,
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<File>> {
    let users = engine.containers_mounting(volume).await?;
    let others = users.iter().filter_map(|user| target::workspace_served(user).ok());
    let locks: BTreeMap<PathBuf, WorkspacePath> = others
        .chain([workspace.clone()])
        .map(|workspace| (env.layout.workspace_lock(&workspace), workspace))
        .collect();
    let mut turns = Vec::new();
    for (path, workspace) in locks {
        turns.push(lock::acquire(&path, &format!("`{workspace}`"), reporter).await?);
    }
    Ok(turns)
}

/// Keeps others from working on the containers of two workspaces.
pub async fn lock_workspaces(
    one: &WorkspacePath,
    other: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<File>> {
    let lock = |workspace: &WorkspacePath| env.layout.workspace_lock(workspace);
    let locks = BTreeMap::from([one, other].map(|workspace| (lock(workspace), workspace)));
    let mut turns = Vec::new();
    for (path, workspace) in locks {
        turns.push(lock::acquire(&path, &format!("`{workspace}`"), reporter).await?);
    }
    Ok(turns)
}

/// The containers as they are when nobody reads any more what the chosen ones
/// write: whoever has frozen one has its turn, or is gone.
pub async fn wait_unpaused(
    engine: &DockerEngine,
    containers: Vec<Container>,
    chosen: &[ContainerId],
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<Container>> {
    let is_frozen = |it: &&Container| it.state == RunState::Paused && chosen.contains(&it.id);
    let frozen = containers.iter().filter(is_frozen);
    let workspaces: Vec<_> = frozen.filter_map(|it| target::workspace_served(it).ok()).collect();
    for workspace in &workspaces {
        let path = env.layout.workspace_lock(workspace);
        drop(lock::acquire(&path, &format!("`{workspace}`"), reporter).await?);
    }
    Ok(if workspaces.is_empty() { containers } else { engine.containers().await? })
}
