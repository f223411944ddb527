//! Creation of a container from a snapshot.

use super::copied::copied;
use super::leftover::abandon;
use super::restore::require_isolation;
use super::{RevivePlan, Snapshot, SnapshotError};
use crate::engine::{
    Anonymous, Container, ContainerSpec, Copying as _, EngineError, Identity, OwnVolumes, Revived,
    Snapshots,
};
use crate::lifecycle::decide::{choose_name, the_name};
use crate::lifecycle::{Claim, Desired, Event, Events, Observed, install};
use crate::naming::{HostPort, Hostname, Nonce, VolumeName, VolumeUse};
use crate::records::Records;
use crate::remote::Remote;

/// Whether the default volumes of a workspace exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Vacancy {
    /// Neither of them exists.
    Free,
    /// At least one may exist; it is not overwritten.
    Taken,
}

/// Plans the creation of a container for the desired workspace from a snapshot. `own`
/// states whether its default volumes exist; if so, `suffix` makes the names of the new
/// ones unique.
///
/// # Errors
///
/// - [`SnapshotError::WorkspaceHasContainer`]: the workspace has a container.
/// - [`SnapshotError::IsolationMismatch`]: the owners of files would not match.
/// - [`Refusal`](crate::lifecycle::Refusal): the name is in use.
pub fn plan_revive(
    snapshot: &Snapshot,
    observed: &Observed,
    desired: &Desired,
    identity: Identity,
    own: Vacancy,
    nonce: &Nonce,
) -> Result<RevivePlan, SnapshotError> {
    let workspace = &desired.workspace;
    if let Some(container) = observed.containers.iter().find(|it| it.serves(workspace)) {
        let (workspace, name) = (workspace.to_string(), container.name.clone());
        return Err(SnapshotError::Occupied { workspace, name });
    }
    require_isolation(snapshot, desired.isolation)?;
    let name = match desired.manner.name {
        Claim::Preferred => choose_name(observed, &desired.name)?,
        Claim::Insisted => the_name(observed, &desired.name)?,
    };
    let client = desired.client.as_ref();
    let takes_own = own == Vacancy::Free && desired.data_volume.is_none();
    let volume = |what| match takes_own {
        true => VolumeName::of(workspace, client, what),
        false => VolumeName::copied(workspace, client, what, nonce),
    };
    Ok(RevivePlan {
        snapshot: snapshot.clone(),
        workspace: workspace.clone(),
        name,
        volumes: OwnVolumes { data: volume(VolumeUse::Data), docker: volume(VolumeUse::Docker) },
        identity,
        records: !takes_own,
    })
}

/// Creates the container and leaves it stopped. Until it exists, a caller that drops the
/// future must call [`roll_back()`]; afterwards the next run resumes.
///
/// The caller holds the lock of the workspace.
///
/// # Errors
///
/// - [`SnapshotError::NoSpace`]: nothing was created.
/// - Errors of the engine, the remote or the workspace store.
pub async fn revive<S: Snapshots, R: Remote, N: Records>(
    engine: &S,
    remote: &R,
    records: &N,
    desired: &Desired,
    plan: &RevivePlan,
    events: &dyn Events,
) -> Result<Container, SnapshotError> {
    let made = make(engine, remote, desired, plan, events).await;
    if let Err(error) = made {
        abandon(engine, &plan.volumes).await?;
        return Err(error);
    }
    let installed = install(engine, remote, records, desired, events).await?;
    let name = plan.name.to_string();
    Ok(installed.ok_or_else(|| EngineError::NoSuchContainer { id: name })?)
}

async fn make<S: Snapshots, R: Remote>(
    engine: &S,
    remote: &R,
    desired: &Desired,
    plan: &RevivePlan,
    events: &dyn Events,
) -> Result<(), SnapshotError> {
    let snapshot = &plan.snapshot;
    events.event(Event::Stage(&format!("creating {} from snapshot {}", plan.name, snapshot.name)));
    let copying = copied(engine, snapshot, &plan.volumes, &plan.workspace).await?;
    let anonymous = match plan.identity {
        Identity::Kept => None,
        Identity::Renewed => {
            Some(engine.anonymise(&snapshot.reference(), &snapshot.workspace).await?)
        }
    };
    // The container is about to own the volumes. The labels of the helper, which mark
    // them as leftovers, must not outlast it.
    copying.close().await?;
    let made = place(engine, remote, desired, plan, anonymous.as_ref()).await;
    if let Some(anonymous) = anonymous {
        engine.dismiss(&anonymous.helper).await?;
    }
    made
}

async fn place<S: Snapshots, R: Remote>(
    engine: &S,
    remote: &R,
    desired: &Desired,
    plan: &RevivePlan,
    anonymous: Option<&Anonymous>,
) -> Result<(), SnapshotError> {
    let observed = Observed { containers: engine.containers().await?, ..Observed::default() };
    let reserved = remote.reserve_port(desired.ports, &observed.reserved_ports()).await?;
    let mut spec = spec(desired, &observed, plan, reserved.port);
    if let Some(anonymous) = anonymous {
        spec.image.clone_from(&anonymous.image);
    }
    engine.create(&spec).await?;
    Ok(())
}

/// Builds the specification with the interim name. A container with its final name only
/// remains to be started.
fn spec(
    desired: &Desired,
    observed: &Observed,
    plan: &RevivePlan,
    port: HostPort,
) -> ContainerSpec {
    let RevivePlan { snapshot, name, volumes, identity, .. } = plan;
    ContainerSpec {
        hostname: Hostname::sanitize(name.as_ref()),
        image: snapshot.reference(),
        data_volume: Some(volumes.data.clone()),
        docker_volume: Some(volumes.docker.clone()),
        revives: Some(Revived {
            snapshot: snapshot.id.clone(),
            image: snapshot.image.clone(),
            name: name.clone(),
            identity: *identity,
        }),
        ..desired.spec(observed, &name.interim(), port)
    }
}
