//! Creation of a snapshot.

use containai_core::byte_size::HumanSize;
use containai_core::engine::{Container, Engine as _, Snapshots as _};
use containai_core::lifecycle::Observed;
use containai_core::lifecycle::snapshot::{CreatePlan, Snapshot, list_snapshots, plan_create};
use containai_core::naming::SnapshotName;
use containai_docker::DockerEngine;

use super::leftovers::{prune_leftovers, remove_on_failure};
use super::steps::describe_steps;
use crate::context::Context;
use crate::{host_facts, target, volume_lock};

/// Plans a snapshot of the container; returns the steps, one text each. Default name: the time.
///
/// # Errors
///
/// The name exists, or the container cannot have a snapshot.
pub async fn preview_create(
    engine: &DockerEngine,
    container: &Container,
    name: Option<SnapshotName>,
) -> crate::Result<Vec<String>> {
    Ok(describe_steps(&plan(engine, container, name).await?.steps()))
}

/// Creates a snapshot of the container. A running container is paused during the copy.
///
/// # Errors
///
/// As [`preview_create`], and errors of the engine. An interrupted snapshot is removed.
pub async fn create(
    context: &Context,
    engine: &DockerEngine,
    container: &Container,
    name: Option<SnapshotName>,
) -> crate::Result<Snapshot> {
    let Context { env, reporter, .. } = context;
    let workspace = target::workspace_served(container)?;
    let volume = engine.container_volumes(&container.id).await?.data;
    let _locks = volume_lock::lock_volume(engine, &volume, &workspace, env, reporter).await?;
    prune_leftovers(engine, reporter).await?;
    // It may have been recreated before the lock was acquired.
    let container = target::find_by_name(engine.containers().await?, &container.name)?;
    let plan = plan(engine, &container, name).await?;
    let volumes = plan.snapshot.volumes();
    let creation = containai_core::lifecycle::snapshot::create(engine, &plan, reporter);
    let snapshot = remove_on_failure(engine, &volumes, reporter, creation).await?;
    let Snapshot { name, container, size, .. } = &snapshot;
    let size = HumanSize(*size);
    reporter.say(&format!("created snapshot {name} of {container}, {size} of volumes"));
    Ok(snapshot)
}

async fn plan(
    engine: &DockerEngine,
    container: &Container,
    name: Option<SnapshotName>,
) -> crate::Result<CreatePlan> {
    let observed = Observed::of(engine.containers().await?);
    let volumes = engine.container_volumes(&container.id).await?;
    let existing = list_snapshots(engine).await?;
    let identity = (host_facts::new_random_id()?, host_facts::now());
    Ok(plan_create(&observed, container, volumes, &existing, name, identity)?)
}
