//! Removal of a snapshot.

use containai_core::lifecycle::snapshot::{
    Snapshot, find_snapshot, list_snapshots, plan_remove, remove as remove_snapshot,
};
use containai_core::naming::SnapshotName;
use containai_docker::DockerEngine;

use super::leftovers::prune_leftovers;
use super::steps::{describe_snapshot, describe_steps};
use crate::confirm::{PREVIEW_OR_FORCE, require_confirmation};
use crate::error::OperationError;
use crate::report::Reporter;

/// Returns the snapshot of this name.
///
/// # Errors
///
/// There is none.
pub async fn find(engine: &DockerEngine, name: &SnapshotName) -> crate::Result<Snapshot> {
    Ok(find_snapshot(&list_snapshots(engine).await?, name)?.clone())
}

/// The steps of a removal, one text each.
#[must_use]
pub fn preview_remove(snapshot: &Snapshot) -> Vec<String> {
    describe_steps(&plan_remove(snapshot))
}

/// Asks for the confirmation of a removal.
///
/// # Errors
///
/// The answer is no, or there is no terminal.
pub fn confirm_remove(snapshot: &Snapshot, reporter: &Reporter) -> Result<(), OperationError> {
    let question = format!("Remove snapshot {}?", describe_snapshot(snapshot));
    require_confirmation(reporter, &question, "nothing was removed", PREVIEW_OR_FORCE)
}

/// Removes a snapshot. Containers that were created from it are kept.
///
/// # Errors
///
/// Errors of the engine.
pub async fn remove(
    engine: &DockerEngine,
    snapshot: &Snapshot,
    reporter: &Reporter,
) -> crate::Result<()> {
    prune_leftovers(engine, reporter).await?;
    reporter.begin_work(&format!("removing snapshot {}", snapshot.name));
    let removed = remove_snapshot(engine, snapshot).await;
    reporter.finish_work();
    removed?;
    reporter.say(&format!("removed snapshot {}", snapshot.name));
    Ok(())
}
