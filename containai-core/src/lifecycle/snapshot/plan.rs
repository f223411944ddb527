//! The plans of snapshot operations.

use crate::engine::{Container, ContainerIdentity, ContainerVolumes, RunState, VolumeCopy};
use crate::naming::{ContainerName, VolumeName, WorkspacePath};

use super::Snapshot;
use super::record::volume_copies;

/// A step of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SnapshotStep {
    /// Pause a container.
    Pause(String),
    /// Copy a volume.
    CopyVolume(VolumeCopy),
    /// Commit the file system of a container.
    Commit(String),
    /// Unpause a container.
    Unpause(String),
    /// Tag the image, which makes the snapshot complete.
    TagImage(Snapshot),
    /// Stop a container.
    Stop(String),
    /// Create the replacement of a container.
    CreateReplacement(String),
    /// Create a container.
    CreateContainer {
        /// Its name.
        name: ContainerName,
        /// Its workspace.
        workspace: WorkspacePath,
    },
    /// Remove the identity of the original container from the file system.
    ResetIdentity,
    /// Remove a container.
    RemoveContainer(String),
    /// Record the data volume of the workspace.
    RecordDataVolume(VolumeName),
    /// Remove a volume.
    RemoveVolume(VolumeName),
    /// Remove the image of a snapshot.
    RemoveImage(Snapshot),
}

/// The plan to create a snapshot.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CreatePlan {
    /// The snapshot; its size is not yet known.
    pub snapshot: Snapshot,
    /// The container.
    pub container: Container,
    /// Its volumes.
    pub volumes: ContainerVolumes,
    /// The running containers that write to the volumes, the container included.
    pub paused: Vec<Container>,
}

impl CreatePlan {
    /// Returns the steps, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<SnapshotStep> {
        let paused_names = || self.paused.iter().map(|it| it.name.clone());
        let copies = volume_copies(&self.volumes, &self.snapshot.volumes());
        paused_names()
            .map(SnapshotStep::Pause)
            .chain(copies.into_iter().map(SnapshotStep::CopyVolume))
            .chain([SnapshotStep::Commit(self.container.name.clone())])
            .chain(paused_names().map(SnapshotStep::Unpause))
            .chain([SnapshotStep::TagImage(self.snapshot.clone())])
            .collect()
    }
}

/// The plan to restore a container.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RestorePlan {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The current container.
    pub container: Container,
    /// The new volumes.
    pub volumes: ContainerVolumes,
    /// The previous volumes to remove, which only this container uses.
    pub replaced: Vec<VolumeName>,
}

impl RestorePlan {
    /// Returns the steps, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<SnapshotStep> {
        let name = &self.container.name;
        let mut tasks: Vec<_> = self
            .snapshot
            .copies_to(&self.volumes)
            .into_iter()
            .map(SnapshotStep::CopyVolume)
            .collect();
        match self.container.state {
            RunState::Paused => tasks
                .extend([SnapshotStep::Unpause(name.clone()), SnapshotStep::Stop(name.clone())]),
            RunState::Running | RunState::Restarting => {
                tasks.push(SnapshotStep::Stop(name.clone()));
            }
            _ => {}
        }
        tasks.extend([
            SnapshotStep::CreateReplacement(name.clone()),
            SnapshotStep::RemoveContainer(name.clone()),
            SnapshotStep::RecordDataVolume(self.volumes.data.clone()),
        ]);
        tasks.extend(self.replaced.iter().cloned().map(SnapshotStep::RemoveVolume));
        tasks
    }

    /// Returns whether active sessions end.
    #[must_use]
    pub fn ends_sessions(&self) -> bool {
        matches!(self.container.state, RunState::Running | RunState::Restarting)
    }
}

/// The plan to create a container from a snapshot where none exists.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RecreatePlan {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The workspace of the new container.
    pub workspace: WorkspacePath,
    /// Its name.
    pub name: ContainerName,
    /// Its volumes.
    pub volumes: ContainerVolumes,
    /// The identity of the container.
    pub identity: ContainerIdentity,
    /// Whether the data volume must be recorded for the workspace.
    pub records: bool,
}

impl RecreatePlan {
    /// Returns the steps, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<SnapshotStep> {
        let (name, workspace) = (self.name.clone(), self.workspace.clone());
        let mut tasks: Vec<_> = self
            .snapshot
            .copies_to(&self.volumes)
            .into_iter()
            .map(SnapshotStep::CopyVolume)
            .collect();
        if self.identity == ContainerIdentity::Regenerate {
            tasks.push(SnapshotStep::ResetIdentity);
        }
        tasks.push(SnapshotStep::CreateContainer { name, workspace });
        if self.records {
            tasks.push(SnapshotStep::RecordDataVolume(self.volumes.data.clone()));
        }
        tasks
    }
}
