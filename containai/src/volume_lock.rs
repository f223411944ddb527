//! Locks of all workspaces that use a volume.

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

/// Locks `workspace`, which owns the volume, and the workspaces of all containers that mount the
/// volume, against commands that start or unpause these containers. Waits for
/// commands that hold one of the locks.
///
/// # Errors
///
/// The engine cannot list the containers, or a lock file cannot be used.
pub async fn lock_volume(
    engine: &DockerEngine,
    volume: &VolumeName,
    workspace: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<File>> {
    let users = engine.containers_mounting(volume).await?;
    let others = users.iter().filter_map(|user| target::workspace_served(user).ok());
    acquire_sorted(others.chain([workspace.clone()]), env, reporter).await
}

/// Locks two workspaces against commands that change their containers.
///
/// # Errors
///
/// A lock file cannot be used.
pub async fn lock_workspaces(
    one: &WorkspacePath,
    other: &WorkspacePath,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<File>> {
    acquire_sorted([one, other].map(WorkspacePath::clone).into_iter(), env, reporter).await
}

/// Acquires the locks in the order of their paths, so that two commands cannot wait for each
/// other.
async fn acquire_sorted(
    workspaces: impl Iterator<Item = WorkspacePath>,
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<File>> {
    let sorted: BTreeMap<PathBuf, WorkspacePath> =
        workspaces.map(|workspace| (env.layout.workspace_lock(&workspace), workspace)).collect();
    let mut locks = Vec::new();
    for workspace in sorted.values() {
        locks.push(lock::acquire_workspace(workspace, env, reporter).await?);
    }
    Ok(locks)
}

/// Waits until no other command keeps one of the chosen containers paused, and returns the
/// containers as they are then. The command that pauses a container holds its lock; without the
/// lock, that command has ended.
///
/// # Errors
///
/// The engine cannot list the containers, or a lock file cannot be used.
pub async fn wait_unpaused(
    engine: &DockerEngine,
    containers: Vec<Container>,
    chosen: &[ContainerId],
    env: &ProcessEnv,
    reporter: &Reporter,
) -> crate::Result<Vec<Container>> {
    let is_paused = |it: &&Container| it.state == RunState::Paused && chosen.contains(&it.id);
    let paused = containers.iter().filter(is_paused);
    let workspaces: Vec<_> = paused.filter_map(|it| target::workspace_served(it).ok()).collect();
    for workspace in &workspaces {
        drop(lock::acquire_workspace(workspace, env, reporter).await?);
    }
    Ok(if workspaces.is_empty() { containers } else { engine.containers().await? })
}
