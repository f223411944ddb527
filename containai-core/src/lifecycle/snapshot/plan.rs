//! The plans of snapshot operations.

use crate::engine::{Container, Identity, OwnVolumes, RunState, VolumeCopy};
use crate::naming::{ContainerName, VolumeName, WorkspacePath};

use super::Snapshot;
use super::stored::copies;

/// A step of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Task {
    /// Pause a container.
    Freeze(String),
    /// Copy a volume.
    Copy(VolumeCopy),
    /// Commit the file system of a container.
    Commit(String),
    /// Unpause a container.
    Wake(String),
    /// Tag the image, which makes the snapshot complete.
    Name(Snapshot),
    /// Stop a container.
    Stop(String),
    /// Create the replacement of a container.
    Succeed(String),
    /// Create a container.
    Make {
        /// Its name.
        name: ContainerName,
        /// Its workspace.
        workspace: WorkspacePath,
    },
    /// Remove the identity of the original container from the file system.
    Anonymise,
    /// Remove a container.
    RemoveContainer(String),
    /// Record the data volume of the workspace.
    Record(VolumeName),
    /// Remove a volume.
    RemoveVolume(VolumeName),
    /// Remove the image of a snapshot.
    RemoveImage(Snapshot),
}

/// The plan to create a snapshot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CreatePlan {
    /// The snapshot; its size is not yet known.
    pub snapshot: Snapshot,
    /// The container.
    pub container: Container,
    /// Its volumes.
    pub volumes: OwnVolumes,
    /// The running containers that write to the volumes, the container included.
    pub freezes: Vec<Container>,
}

impl CreatePlan {
    /// Returns the steps, in order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let frozen = || self.freezes.iter().map(|it| it.name.clone());
        let copies = copies(&self.volumes, &self.snapshot.volumes());
        frozen()
            .map(Task::Freeze)
            .chain(copies.into_iter().map(Task::Copy))
            .chain([Task::Commit(self.container.name.clone())])
            .chain(frozen().map(Task::Wake))
            .chain([Task::Name(self.snapshot.clone())])
            .collect()
    }
}

/// The plan to restore a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RestorePlan {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The current container.
    pub container: Container,
    /// The new volumes.
    pub volumes: OwnVolumes,
    /// The previous volumes to remove, which only this container uses.
    pub replaced: Vec<VolumeName>,
}

impl RestorePlan {
    /// Returns the steps, in order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let name = &self.container.name;
        let mut tasks: Vec<_> =
            self.snapshot.copies_to(&self.volumes).into_iter().map(Task::Copy).collect();
        match self.container.state {
            RunState::Paused => tasks.extend([Task::Wake(name.clone()), Task::Stop(name.clone())]),
            RunState::Running | RunState::Restarting => tasks.push(Task::Stop(name.clone())),
            _ => {}
        }
        tasks.extend([
            Task::Succeed(name.clone()),
            Task::RemoveContainer(name.clone()),
            Task::Record(self.volumes.data.clone()),
        ]);
        tasks.extend(self.replaced.iter().cloned().map(Task::RemoveVolume));
        tasks
    }

    /// Returns whether active sessions end.
    #[must_use]
    pub fn ends_work(&self) -> bool {
        matches!(self.container.state, RunState::Running | RunState::Restarting)
    }
}

/// The plan to create a container from a snapshot where none exists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevivePlan {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The workspace of the new container.
    pub workspace: WorkspacePath,
    /// Its name.
    pub name: ContainerName,
    /// Its volumes.
    pub volumes: OwnVolumes,
    /// The identity of the container.
    pub identity: Identity,
    /// Whether the data volume must be recorded for the workspace.
    pub records: bool,
}

impl RevivePlan {
    /// Returns the steps, in order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let (name, workspace) = (self.name.clone(), self.workspace.clone());
        let mut tasks: Vec<_> =
            self.snapshot.copies_to(&self.volumes).into_iter().map(Task::Copy).collect();
        if self.identity == Identity::Renewed {
            tasks.push(Task::Anonymise);
        }
        tasks.push(Task::Make { name, workspace });
        if self.records {
            tasks.push(Task::Record(self.volumes.data.clone()));
        }
        tasks
    }
}
